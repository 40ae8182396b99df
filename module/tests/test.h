/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test.h - first include of a test of the module, which then includes the source
 * under test itself, to see what is static in it (as mm/damon does).
 *
 * It compiles for KUnit, for the shim on a kernel without it and, where it asks
 * for nothing but logic, for the shim in user space.
 */
#ifndef CLEAVE_TEST_H
#define CLEAVE_TEST_H

#if defined(CLEAVE_SELFTEST)
#include "shim.h"
#elif defined(CLEAVE_USER)
#include <linux/kernel.h>
#include <linux/slab.h>
#include "shim.h"
#else
#include <kunit/test.h>
#include <kunit/static_stub.h>
#endif
#include "rand.h"

#endif /* CLEAVE_TEST_H */
