#ifndef DATAPLANE_EAL_H
#define DATAPLANE_EAL_H

/**
 * @file
 * DPDK's environment, started from the configuration: nobody types EAL arguments.
 */

#include "dataplane/dp.h"

#include <stdbool.h>

/**
 * Starts EAL with the control core as main lcore and every other usable CPU as a worker lcore.
 * Packet memory comes from hugepages when enough of them are free, without leaving files behind;
 * otherwise from ordinary pages.
 *
 * @return 0, or -errno with a sentence in why
 */
int eal_init(const struct dp_params *params, struct dp_why *why);

/** Releases EAL. */
void eal_fini(void);

/** True when memory is in hugepages. */
bool eal_has_hugepages(void);

#endif
