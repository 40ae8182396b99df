/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * layout.h - where the fields of each record lie, by name.
 *
 * A recording carries this table of the cleave that wrote it, so that another one
 * finds the fields by their names: they may have moved since, have become wider, or
 * not have been there yet.
 */
#ifndef CLEAVE_LAYOUT_H
#define CLEAVE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "cleave_abi.h"

enum layout_kind {
	LAYOUT_END,		/* closes a table */
	LAYOUT_UINT,
	LAYOUT_INT,
	LAYOUT_BYTES,
	LAYOUT_REST,		/* bytes up to the record's end; comes last */
};

/* Which names the values of a field have; the header of a recording lists them. */
enum layout_names {
	LAYOUT_PLAIN,
	LAYOUT_CALLS,
	LAYOUT_KINDS,
	LAYOUT_OUTCOMES,
	LAYOUT_SIDES,
	LAYOUT_NR_NAMES
};

/**
 * struct layout_field - a field of a record
 * @name: as in the struct, nested ones with a dot between
 * @offset: from the record's beginning
 * @size: in bytes
 * @kind: enum layout_kind
 * @names: enum layout_names
 * @known: where it is not in a recording: offset in struct known of what is unknown
 *	then; 0: a recording without it cannot be read
 */
struct layout_field {
	const char *name;
	__u16 offset;
	__u16 size;
	__u8 kind;
	__u8 names;
	__u16 known;
};

/**
 * struct layout - a type of record
 * @name: in recordings
 * @type: enum cleave_rec_type, enum own_rec
 * @size: of the whole
 * @least: what must be there: all but a LAYOUT_REST
 * @fields: all behind the header, which is the same for ever; ends with LAYOUT_END
 */
struct layout {
	const char *name;
	__u16 type;
	__u16 size;
	__u16 least;
	const struct layout_field *fields;
};

/* All types; ends with one whose name is NULL. */
extern const struct layout layouts[];

/* What the values are called, by enum layout_names. */
extern const char *const layout_names_name[LAYOUT_NR_NAMES];
extern const char *const *const layout_names[LAYOUT_NR_NAMES];
extern const __u8 layout_nr_names[LAYOUT_NR_NAMES];

/**
 * layout_of() - by type
 * @type: hdr.type
 *
 * Return: the layout, or NULL where there is no such type.
 */
const struct layout *layout_of(unsigned int type);

/**
 * record_valid() - is a record what its header says?
 * @hdr: the record
 * @len: bytes that are there
 *
 * Whatever is used as an index or a length later on is checked here, once.
 */
bool record_valid(const struct cleave_hdr *hdr, size_t len);

/*
 * Records that cleave writes itself, beside those of the kernel: what it has found
 * out otherwise, and what a report must know as well.
 */
enum own_rec {
	OWN_REC_GONE = 0x100,	/* a process is no longer there */
	OWN_REC_LOOK,		/* what a process shares now */
	OWN_REC_SNAP,		/* an address space of a snapshot */
	OWN_REC_SNAPPED,	/* the end of one */
	OWN_REC_CGROUP,		/* the path of a cgroup that the next records name */
	OWN_REC_TOOK,		/* how long all breaks of a kind took until a snapshot */
};

/**
 * struct own_gone - no exit was seen of a process that is no longer there
 * @pid: thread group
 * @rsv: 0
 */
struct own_gone {
	struct cleave_hdr hdr;
	__s32 pid;
	__u32 rsv;
};

/**
 * struct own_look - what a process shares now, read from its page tables
 * @as: the address space that it was in
 * @shared: as in struct look
 * @swap: the same
 * @copied: of the first look: pages that the process had copied when that was done, since
 *	it was attached to
 * @pid: thread group
 * @may: 0: they may not be read; with @snap also: what was told of the snapshot is void
 * @snap: it belongs to the snapshot that is being told; 0: it is the first one, of a
 *	process that was attached to
 * @rsv: 0
 */
struct own_look {
	struct cleave_hdr hdr;
	__u64 as;
	__u64 shared;
	__u64 swap;
	__u64 copied;
	__s32 pid;
	__u32 may;
	__u32 snap;
	__u32 rsv;
};

/* One of a snapshot's address spaces; its looks come before it. */
struct own_snap {
	struct cleave_hdr hdr;
	struct cleave_snap snap;
};

/**
 * struct own_took - how long breaks of one kind took until a snapshot, in all address spaces
 *	that there were; of a kind that there was none of, there is no record
 * @side: enum cleave_side
 * @outcome: enum cleave_outcome, a break
 * @time: since the session began
 */
struct own_took {
	struct cleave_hdr hdr;
	__u32 side;
	__u32 outcome;
	struct cleave_time time;
};

/**
 * struct own_snapped - the end of a snapshot, of the time that all of it has
 * @clones: address spaces cloned until then
 * @lost: records, address spaces and calls lost until then
 * @known: @clones and @lost are
 * @took: how many struct own_took it has, and one more; 0: nobody knows how long breaks
 *	took
 */
struct own_snapped {
	struct cleave_hdr hdr;
	__u64 clones;
	__u64 lost;
	__u32 known;
	__u32 took;
};

/* Of a path, with a final NUL; one that is longer is not told. */
#define CGROUP_PATH_MAX	4096

/**
 * struct own_cgroup - a cgroup, before the first record that names it by its id
 * @id: of the cgroup
 * @path: from where the hierarchy is mounted, up to the record's end, without a NUL
 */
struct own_cgroup {
	struct cleave_hdr hdr;
	__u64 id;
	char path[CGROUP_PATH_MAX];
};

#endif /* CLEAVE_LAYOUT_H */
