#ifndef DATAPLANE_MEMIF_GUARD_H
#define DATAPLANE_MEMIF_GUARD_H

/**
 * @file
 * Keeps workers out of a memif port's shared memory while DPDK gives it back.
 *
 * When the far end of a memif leaves, the driver (22.11) clears the port's connected flag, takes
 * its control socket out of the interrupt thread and unmaps the rings, without asking whether a
 * worker is inside its receive or transmit call. One that lost its CPU there reads unmapped
 * memory, and the process ends. The step in the middle is rte_intr_callback_unregister(); this
 * file puts a function of that name before DPDK's, which also waits until every worker has
 * finished the turn that it is in. A turn begun later finds the flag cleared.
 *
 * What this cannot help is a peer that lies: the driver believes lengths and offsets in the
 * descriptors. Both ends of a memif trust each other.
 */

struct rte_intr_handle;

/**
 * Whether the driver really calls this file's function. Control thread, once EAL has started and
 * before a memif port is opened.
 *
 * @return 0, -ELIBACC when the program was linked in a way that leaves the driver unguarded
 */
int memif_guard_check(void);

#endif
