// SPDX-License-Identifier: GPL-2.0-only
/*
 * floor.c - attaches an empty BPF program to functions, then runs a command:
 * floor OBJECT TYPE FUNCTION[,FUNCTION] COMMAND...
 */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void quiet_others(struct bpf_object *obj, const char *type)
{
	struct bpf_program *p;

	bpf_object__for_each_program(p, obj)
		bpf_program__set_autoload(p, !strcmp(bpf_program__name(p), type));
}

static struct bpf_link *attach(struct bpf_program *p, const char *type,
			       const char *func)
{
	LIBBPF_OPTS(bpf_kprobe_multi_opts, multi, .syms = &func, .cnt = 1);

	if (!strcmp(type, "on_fprobe"))
		return bpf_program__attach_kprobe_multi_opts(p, NULL, &multi);
	if (!strcmp(type, "on_kprobe") || !strcmp(type, "on_kretprobe"))
		return bpf_program__attach_kprobe(p, type[4] == 'r', func);
	return bpf_program__attach(p);
}

static int one(const char *path, const char *type, const char *func)
{
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	struct bpf_program *p;

	if (!obj)
		return -1;
	quiet_others(obj, type);
	p = bpf_object__find_program_by_name(obj, type);
	if (!p)
		return -1;
	if (!strncmp(type, "on_fe", 5))
		bpf_program__set_attach_target(p, 0, func);
	if (bpf_object__load(obj) || !attach(p, type, func))
		return -1;
	return 0;
}

int main(int argc, char **argv)
{
	char *func, *save = NULL;
	int status;
	pid_t pid;

	if (argc < 5) {
		fprintf(stderr, "usage: floor OBJECT TYPE FUNCTION[,FUNCTION] COMMAND...\n");
		return 2;
	}
	for (func = strtok_r(argv[3], ",", &save); func;
	     func = strtok_r(NULL, ",", &save)) {
		if (one(argv[1], argv[2], func)) {
			fprintf(stderr, "floor: no %s of %s here\n", argv[2], func);
			return 77;
		}
	}
	pid = fork();
	if (!pid) {
		execvp(argv[4], argv + 4);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
