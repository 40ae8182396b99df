#include "truth.h"
const struct truth_case clone_cases[] = { { .name = NULL } };
