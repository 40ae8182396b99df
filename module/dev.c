// SPDX-License-Identifier: GPL-2.0-only
/* dev.c - /dev/cleave: one open is one session.  See cleave_ioctl.h. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/log2.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "cleave_ioctl.h"
#include "attach.h"
#include "compat.h"
#include "dev.h"
#include "session.h"

/**
 * struct dev_file - one open of the device
 * @lock: of ioctl() calls against each other, but for CLEAVE_IOC_ATTACH
 * @session: NULL before CLEAVE_IOC_START; then it stays until release, so that
 *	whoever has seen it (acquire) may use it
 */
struct dev_file {
	struct mutex lock;	/* ioctl() against ioctl() */
	struct session *session;
};

static struct session *session_of(struct file *file)
{
	struct dev_file *df = file->private_data;

	/* Pairs with the release in ioc_start(). */
	return smp_load_acquire(&df->session);
}

static int dev_open(struct inode *inode, struct file *file)
{
	struct dev_file *df = kzalloc(sizeof(*df), GFP_KERNEL_ACCOUNT);

	if (!df)
		return -ENOMEM;
	mutex_init(&df->lock);
	file->private_data = df;
	return nonseekable_open(inode, file);
}

static int dev_release(struct inode *inode, struct file *file)
{
	struct dev_file *df = file->private_data;

	if (df->session) {
		session_stop(df->session);
		session_free(df->session);
	}
	kfree(df);
	return 0;
}

/* Of what is named, there is nothing to pick from. */
static int check_picks(const struct cleave_start *start)
{
	bool by_uid = start->flags & CLEAVE_START_UID;

	if (start->rsv || (start->uid && !by_uid) ||
	    (by_uid && !uid_valid(make_kuid(current_user_ns(), start->uid))))
		return -EINVAL;
	if ((by_uid || start->cgroup) && !(start->flags & CLEAVE_START_ALL))
		return -EINVAL;
	return 0;
}

static int check_start(const struct cleave_start *start)
{
	if (start->abi != CLEAVE_ABI_VERSION)
		return -EPROTO;
	if (start->flags & ~(CLEAVE_START_ALL | CLEAVE_START_BREAKS |
			     CLEAVE_START_NO_ARGS | CLEAVE_START_TIMES |
			     CLEAVE_START_UID | CLEAVE_START_SWITCHES))
		return -EINVAL;
	if (check_picks(start))
		return -EINVAL;
	/* A box may give the device to a group, but not all of its processes. */
	if (start->flags & CLEAVE_START_ALL && !perfmon_capable())
		return -EPERM;
	if (!is_power_of_2(start->ring_size) || start->ring_size < PAGE_SIZE ||
	    start->ring_size > CLEAVE_RING_MAX)
		return -EINVAL;
	if (!start->max_as || start->max_as > CLEAVE_AS_MAX)
		return -EINVAL;
	return 0;
}

/* A struct that goes in, its size first. */
static int get_struct(void *to, size_t known, void __user *arg)
{
	u32 size;

	if (get_user(size, (u32 __user *)arg))
		return -EFAULT;
	if (size < known)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(to, known, arg, size);
}

static long ioc_start(struct dev_file *df, void __user *arg)
{
	struct cleave_start start = {};
	struct session *s;
	int err;

	if (df->session)
		return -EBUSY;
	err = get_struct(&start, sizeof(start), arg);
	if (!err)
		err = check_start(&start);
	if (err)
		return err;
	s = session_start(&start);
	if (IS_ERR(s))
		return PTR_ERR(s);
	/* mmap() and poll() look without the lock. */
	smp_store_release(&df->session, s);
	return 0;
}

static long ioc_totals(struct session *s, void __user *arg)
{
	struct cleave_get_totals *get;
	long err = 0;
	u32 size;

	if (get_user(size, (u32 __user *)arg))
		return -EFAULT;
	if (size < sizeof(*get))
		return -EINVAL;
	get = kzalloc(sizeof(*get), GFP_KERNEL);
	if (!get)
		return -ENOMEM;
	get->size = sizeof(*get);
	session_totals(s, &get->totals);
	if (copy_to_user(arg, get, sizeof(*get)))
		err = -EFAULT;
	kfree(get);
	return err;
}

static long ioc_times(struct session *s, void __user *arg)
{
	struct cleave_get_times *get;
	long err;
	u32 size;

	if (get_user(size, (u32 __user *)arg))
		return -EFAULT;
	if (size < sizeof(*get))
		return -EINVAL;
	get = kzalloc(sizeof(*get), GFP_KERNEL);
	if (!get)
		return -ENOMEM;
	get->size = sizeof(*get);
	err = session_times(s, &get->times);
	if (!err && copy_to_user(arg, get, sizeof(*get)))
		err = -EFAULT;
	kfree(get);
	return err;
}

static long ioc_hooks(struct session *s, void __user *arg)
{
	struct cleave_get_hooks get = {};
	u32 size, i;

	if (get_user(size, (u32 __user *)arg))
		return -EFAULT;
	if (size < sizeof(get))
		return -EINVAL;
	get.size = sizeof(get);
	get.nr = CLEAVE_NR_HOOKS;
	for (i = 0; i < CLEAVE_NR_HOOKS; i++)
		get.error[i] = -session_hook_error(s, i);
	return copy_to_user(arg, &get, sizeof(get)) ? -EFAULT : 0;
}

static long ioc_root(struct session *s, void __user *arg)
{
	s32 pid;

	if (get_user(pid, (s32 __user *)arg))
		return -EFAULT;
	return session_root(s, pid);
}

static long ioc_attach(struct session *s, void __user *arg)
{
	struct cleave_get_attach get = {};
	int err = get_struct(&get, sizeof(get), arg);

	if (err)
		return err;
	if (get.pid < 0 || get.rsv)
		return -EINVAL;
	get.size = sizeof(get);
	if (get.pid)
		err = attach_one(s, get.pid, &get.found);
	else
		err = attach_look(s, &get.found);
	if (err)
		return err;
	return copy_to_user(arg, &get, sizeof(get)) ? -EFAULT : 0;
}

/* A page of them at a time, with nothing held: the ledger goes on meanwhile. */
static int put_snaps(struct session *s, struct cleave_get_snap *get,
		     struct cleave_snap *page)
{
	u32 i = get->first, used = READ_ONCE(s->ledger.used), done = 0, n;
	struct cleave_snap __user *to = u64_to_user_ptr(get->snaps);

	while (i < used && done < get->nr) {
		n = min_t(u32, get->nr - done, PAGE_SIZE / sizeof(*page));
		n = ledger_snap(&s->ledger, &i, page, n,
				ktime_get_mono_fast_ns());
		if (n && copy_to_user(to + done, page, n * sizeof(*page)))
			return -EFAULT;
		done += n;
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	get->nr = done;
	get->first = i < used ? i : 0;
	return 0;
}

static long ioc_snapshot(struct session *s, void __user *arg)
{
	struct cleave_get_snap get = {};
	int err = get_struct(&get, sizeof(get), arg);
	void *page;

	if (err)
		return err;
	if (!get.nr || get.rsv)
		return -EINVAL;
	page = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	get.size = sizeof(get);
	err = put_snaps(s, &get, page);
	kfree(page);
	if (err)
		return err;
	return copy_to_user(arg, &get, sizeof(get)) ? -EFAULT : 0;
}

/* Without the lock: a look takes as long as there are processes. */
static long ioc_unlocked(struct session *s, void __user *arg)
{
	return s ? ioc_attach(s, arg) : -ENOTCONN;
}

static long ioc_in_session(struct session *s, unsigned int cmd,
			   void __user *arg)
{
	if (!s)
		return -ENOTCONN;
	switch (cmd) {
	case CLEAVE_IOC_ROOT:
		return ioc_root(s, arg);
	case CLEAVE_IOC_TOTALS:
		return ioc_totals(s, arg);
	case CLEAVE_IOC_TIMES:
		return ioc_times(s, arg);
	case CLEAVE_IOC_HOOKS:
		return ioc_hooks(s, arg);
	case CLEAVE_IOC_SNAPSHOT:
		return ioc_snapshot(s, arg);
	case CLEAVE_IOC_RESET:
		session_reset(s);
		return 0;
	case CLEAVE_IOC_STOP:
		session_stop(s);
		return 0;
	}
	return -ENOTTY;
}

static long dev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct dev_file *df = file->private_data;
	void __user *uarg = (void __user *)arg;
	long ret;

	if (cmd == CLEAVE_IOC_ATTACH)
		return ioc_unlocked(session_of(file), uarg);
	mutex_lock(&df->lock);
	if (cmd == CLEAVE_IOC_START)
		ret = ioc_start(df, uarg);
	else
		ret = ioc_in_session(df->session, cmd, uarg);
	mutex_unlock(&df->lock);
	return ret;
}

/*
 * Only the page with the consumer position may be written, as in
 * ringbuf_map_mmap_kern(); the rest cannot be made writable later either.
 */
static int dev_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct session *s = session_of(file);

	if (!s)
		return -ENOTCONN;
	if (vma->vm_flags & VM_EXEC || !(vma->vm_flags & VM_SHARED))
		return -EPERM;
	if (vma->vm_flags & VM_WRITE) {
		if (vma->vm_pgoff || vma->vm_end - vma->vm_start != PAGE_SIZE)
			return -EPERM;
	} else {
		compat_vm_flags_clear(vma, VM_MAYWRITE);
	}
	compat_vm_flags_clear(vma, VM_MAYEXEC);
	return remap_vmalloc_range(vma, s->ring_mem, vma->vm_pgoff);
}

static __poll_t dev_poll(struct file *file, poll_table *wait)
{
	struct session *s = session_of(file);
	__poll_t events = 0;

	if (!s)
		return EPOLLERR;
	poll_wait(file, &s->wait, wait);
	if (ring_has_data(&s->ring))
		events |= EPOLLIN | EPOLLRDNORM;
	/* Nobody is woken for that: it can be asked for once in a while. */
	if (READ_ONCE(s->ledger.met))
		events |= EPOLLPRI;
	return events;
}

static const struct file_operations dev_fops = {
	.owner = THIS_MODULE,
	.open = dev_open,
	.release = dev_release,
	.unlocked_ioctl = dev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = dev_mmap,
	.poll = dev_poll,
};

/* Root alone; a box may give it to a group with a udev rule. */
static struct miscdevice dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = CLEAVE_DEVICE,
	.fops = &dev_fops,
	.mode = 0600,
};

/**
 * dev_register() - make the device appear
 *
 * Return: 0 or a negative errno.
 */
int dev_register(void)
{
	return misc_register(&dev);
}

/**
 * dev_unregister() - take the device away; nobody has it open
 */
void dev_unregister(void)
{
	misc_deregister(&dev);
}
