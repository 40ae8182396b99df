#include "truth.h"
const struct truth_case kernel_cases[] = { { .name = NULL } };
