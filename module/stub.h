/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stub.h - places where a test can make something fail: nothing at all in a
 * module that is built for use on a kernel without KUnit.
 */
#ifndef CLEAVE_STUB_H
#define CLEAVE_STUB_H

#ifdef CLEAVE_SELFTEST
#include "tests/shim.h"
#elif defined(CLEAVE_TEST)
#include <kunit/static_stub.h>
#elif !defined(KUNIT_STATIC_STUB_REDIRECT)
#define KUNIT_STATIC_STUB_REDIRECT(fn, ...)	do { } while (0)
#endif

#endif /* CLEAVE_STUB_H */
