#ifndef BENCH_DATAPLANE_BENCH_EAL_H
#define BENCH_DATAPLANE_BENCH_EAL_H

/* DPDK's start in a process that takes a router's turns itself. */

#include "dataplane/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_eal.h>

/* hugepages: as the product has them; without, nothing needs to be reserved. */
static inline void bench_eal_init(const char *memory_mib, bool hugepages)
{
	char *argv[] = { (char[]){ "bench" },
			 hugepages ? (char[]){ "--in-memory" } : (char[]){ "--no-huge" },
			 (char[]){ "--no-shconf" },
			 (char[]){ "--no-pci" },
			 (char[]){ "--no-telemetry" },
			 (char[]){ "-m" },
			 strdup(memory_mib),
			 (char[]){ "--log-level=*:error" },
			 (char[]){ "--lcores=0" } };

	if (rte_eal_init((int)RTE_DIM(argv), argv) < 0) {
		fprintf(stderr, "not runnable: DPDK does not start\n");
		exit(1);
	}
	clock_calibrate();
}

#endif
