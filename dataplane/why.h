#ifndef DATAPLANE_WHY_H
#define DATAPLANE_WHY_H

#include "dataplane/dp.h"

/** Writes the sentence for the user; cuts it when it is too long. Control thread. */
__attribute__((format(printf, 2, 3))) void why_set(struct dp_why *why, const char *format, ...);

#endif
