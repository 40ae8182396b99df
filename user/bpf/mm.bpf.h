/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm.bpf.h - reading the kernel's memory management structures: counters of an
 * mm, the head of a page, what a huge PMD maps.
 */
#ifndef CLEAVE_MM_BPF_H
#define CLEAVE_MM_BPF_H

#define VM_SHARED		0x00000008UL
#define VM_MAYSHARE		0x00000080UL
#define VM_PFNMAP		0x00000400UL
#define VM_MIXEDMAP		0x10000000UL
#define VM_MERGEABLE		0x80000000UL

#define VM_FAULT_FALLBACK	0x000800

/* enum in include/linux/mm_types_task.h */
#define MM_FILEPAGES		0
#define MM_ANONPAGES		1
#define MM_SWAPENTS		2
#define MM_SHMEMPAGES		3

/*
 * Any per-CPU variable will do to learn where a CPU's copies lie; this one is in
 * the BTF of every kernel.  (A symbol without BTF would make libbpf read all of
 * /proc/kallsyms, the greater part of a start's time.)
 */
extern const struct rq runqueues __ksym;

struct percpu_sum {
	__s32 *counters;
	__s64 sum;
};

static long percpu_sum_one(__u32 cpu, struct percpu_sum *s)
{
	const void *at = bpf_per_cpu_ptr(&runqueues, cpu);
	unsigned long off;

	if (!at)
		return 1;
	off = (unsigned long)at - (unsigned long)&runqueues;
	/* An s32 as the member of some structure, as only those can be read. */
	s->sum += read_field((struct refcount_struct *)((void *)s->counters + off),
			     refs.counter);
	return 0;
}

/*
 * percpu_counter_sum(): the central count alone is off by up to a batch for
 * each CPU.  The counters of CPUs that are off line are 0
 * (percpu_counter_cpu_dead()), so the sum over all possible ones is the same.
 */
static __always_inline __u64 mm_counter(struct mm_struct *mm, int member)
{
	struct mm_struct___atomic_rss *old = (void *)mm;
	struct percpu_sum s = {};
	void *at;

	/* By hand: CO-RE does not follow a variable index into an array. */
	if (bpf_core_field_exists(old->rss_stat.count)) {
		at = (void *)mm + bpf_core_field_offset(old->rss_stat) +
		     member * bpf_core_type_size(atomic_long_t);
		bpf_probe_read_kernel(&s.sum, sizeof(s.sum), at);
		return s.sum > 0 ? s.sum : 0;
	}
	at = (void *)mm + bpf_core_field_offset(mm->rss_stat) +
	     member * bpf_core_type_size(struct percpu_counter);
	s.sum = read_field((struct percpu_counter *)at, count);
	s.counters = read_field((struct percpu_counter *)at, counters);
	bpf_loop(nr_cpus, percpu_sum_one, &s, 0);
	return s.sum > 0 ? s.sum : 0;
}

static __noinline __u64 file_pages(struct mm_struct *mm)
{
	return mm_counter(mm, MM_FILEPAGES) + mm_counter(mm, MM_SHMEMPAGES);
}

static __always_inline __u64 mm_hugetlb_pages(struct mm_struct *mm)
{
	if (bpf_core_field_exists(mm->hugetlb_usage))
		return read_field(mm, hugetlb_usage.counter);
	return 0;
}

/* What the page tables of @mm, just made by dup_mmap(), hold. */
static __always_inline void mm_pages(struct mm_struct *mm,
				     struct cleave_range *r,
				     struct cleave_pages *p)
{
	p->anon = mm_counter(mm, MM_ANONPAGES);
	p->file = file_pages(mm);
	p->swap = mm_counter(mm, MM_SWAPENTS);
	p->hugetlb = mm_hugetlb_pages(mm);
	cleave_range_next(r, 0, p->file, p->hugetlb);
	cleave_range_apply(r, p);
}

/*
 * compound_head().  Since 7.1 the word of a tail page may hold, instead of the
 * head's address, a mask to be applied to the tail's (compound_info_has_mask());
 * a mask has all of its high bits set, which no address in vmemmap has.
 */
static __always_inline unsigned long page_head(unsigned long page)
{
	struct page___compound_info *new = (void *)page;
	unsigned long info;

	if (bpf_core_field_exists(new->compound_info))
		info = BPF_CORE_READ(new, compound_info);
	else
		info = BPF_CORE_READ((struct page *)page, compound_head);
	if (!(info & 1))
		return page;
	if (IS_HIGH_MASK(info))
		return page & info;
	return info - 1;
}

static __always_inline unsigned long page_mapping_word(unsigned long page)
{
	struct page *head = (struct page *)page_head(page);

	return (unsigned long)BPF_CORE_READ(head, mapping);
}

/*
 * vmemmap (a secret: with KASLR; static, so that libbpf does not map this section
 * into the loader's memory), learned from the first break of the session, which is the self-test's:
 * vmf->page is pfn_to_page() of what the entry maps.  Whatever else the kernel
 * keeps in an entry's address (SME's bit) cancels out.
 */
static volatile unsigned long vmemmap SEC(".data.secret") = 0;

static __always_inline unsigned long pfn_offset(__u64 entry)
{
	return ((entry & PTE_PFN_MASK) >> PAGE_SHIFT) *
	       bpf_core_type_size(struct page);
}

static __always_inline void learn_vmemmap(struct vm_fault *vmf,
					  unsigned long page)
{
	if (!vmemmap && page)
		vmemmap = page - pfn_offset(read_field(vmf, orig_pte.pte));
}

/* Is it the huge zero page that @pmd maps? */
static __always_inline bool pmd_maps_zero(__u64 *pmd)
{
	__u64 val = 0;

	bpf_probe_read_kernel(&val, sizeof(val), pmd);
	if (!(val & PAGE_PRESENT) || !vmemmap)
		return false;
	return !(page_mapping_word(vmemmap + pfn_offset(val)) &
		 CLEAVE_MAPPING_ANON);
}

/* pages_per_huge_page(hstate_vma(vma)) */
static __always_inline __u64 hugetlb_pages(struct vm_area_struct *vma)
{
	struct hugetlbfs_sb_info *sb;

	sb = BPF_CORE_READ(vma, vm_file, f_inode, i_sb, s_fs_info);
	return 1ULL << (BPF_CORE_READ(sb, hstate, order) & 31);
}

#endif /* CLEAVE_MM_BPF_H */
