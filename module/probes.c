// SPDX-License-Identifier: GPL-2.0-only
/* probes.c - which probe each hook has; those without count by another. */
#include "probes.h"

const struct probe_def *const probe_defs[CLEAVE_NR_HOOKS] = {
	[CLEAVE_HOOK_CLEAR_FLUSH] = &clear_flush_probe,
	[CLEAVE_HOOK_NEW_RMAP] = &new_rmap_probe,
	[CLEAVE_HOOK_HUGETLB_RMAP] = &hugetlb_rmap_probe,
	[CLEAVE_HOOK_SET_ACCESS] = &set_access_probe,
	[CLEAVE_HOOK_WP_PAGE] = &wp_page_probe,
	[CLEAVE_HOOK_HUGETLB_WP] = &hugetlb_wp_probe,
#ifdef CONFIG_TRANSPARENT_HUGEPAGE
	[CLEAVE_HOOK_PMD_SET_ACCESS] = &pmd_set_access_probe,
	[CLEAVE_HOOK_HUGE_WP] = &huge_wp_probe,
	[CLEAVE_HOOK_COPY_HUGE_PMD] = &copy_huge_pmd_probe,
#endif
	[CLEAVE_HOOK_COPY_RANGE] = &copy_range_probe,
	[CLEAVE_HOOK_DUP_MMAP] = &dup_mmap_probe,
	[CLEAVE_HOOK_EXIT_MMAP] = &exit_mmap_probe,
	[CLEAVE_HOOK_SWITCH] = &switch_probe,
	[CLEAVE_HOOK_EXIT_TASK] = &exit_task_probe,
	[CLEAVE_HOOK_FOLLOW_EXEC] = &follow_exec_probe,
	[CLEAVE_HOOK_EXECVE] = &execve_probe,
	[CLEAVE_HOOK_EXECVEAT] = &execveat_probe,
	[CLEAVE_HOOK_NEW_EXEC] = &new_exec_probe,
	[CLEAVE_HOOK_EXEC_RELEASE] = &exec_release_probe,
	[CLEAVE_HOOK_WAKE] = &wake_probe,
	[CLEAVE_HOOK_COPY_PROCESS] = &copy_process_probe,
};
