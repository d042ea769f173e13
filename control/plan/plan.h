#ifndef CONTROL_PLAN_PLAN_H
#define CONTROL_PLAN_PLAN_H

/**
 * @file
 * Admission: whether a checked configuration fits links, cores and packet buffers, and how long a
 * packet takes at most from the device it comes in by to the device it leaves by. Arithmetic alone:
 * nothing is asked or changed. Control thread.
 *
 * Not in any bound: what the kernel does with packets of kernel: and xdp: devices, and what the
 * router's own kernel sends, which goes before all classes.
 */

#include "control/conf.h"
#include "control/plan/calibration.h"
#include "control/plan/core.h"

#include <stdbool.h>
#include <stdint.h>

#define CTL_PLAN_NONE (-1) /**< no port, no class */

/** A value of an SLA taken for another one: what would be if the file said so. */
enum ctl_plan_field { CTL_PLAN_AS_IS, CTL_PLAN_RATE, CTL_PLAN_BURST, CTL_PLAN_DELAY };
struct ctl_plan_change {
	enum ctl_plan_field field;
	const char *sla;
	uint64_t value;
};

/** What a plan is made of; all of it outlives the plan. */
struct ctl_plan_input {
	const struct ctl_conf *conf; /**< checked, without error */
	const struct ctl_calibration *calibration;
	uint64_t memory_bytes; /**< of the machine; 0: not known, then any need fits */
	struct ctl_plan_change change;
};

/** One port: what enters it, and what a packet costs. */
struct ctl_plan_port {
	struct ctl_arrival in;
	bool by_sla; /**< an SLA limits it: its own, or that of the other end of its cable */
	double pkt_cycles, turn_pkt_cycles, drop_cycles; /**< see struct ctl_core_port */
};

/** What a core is asked for. */
struct ctl_plan_core {
	unsigned core;
	unsigned n_routers;
	double cycles_s, hz; /**< worst load of what is policed, and what there is */
	double gap_ns;
	unsigned n_open; /**< ports that nothing limits; not in cycles_s */
};

/** What one direction of a link is asked for, in bit/s of layer L1. */
struct ctl_plan_link {
	const struct ctl_conf_link *link;
	double in_bps, out_bps;
	unsigned n_open; /**< ports without a profile in a direction */
};

/** Whether there is a bound. */
enum ctl_plan_state {
	CTL_PLAN_BOUNDED,
	CTL_PLAN_OPEN,	     /**< something that nothing limits arrives: nothing can be promised */
	CTL_PLAN_OVERLOADED, /**< more arrives than is served, by what the file says */
};

/** The way of packets through a router: to an output port, one queue of it. */
struct ctl_plan_row {
	unsigned router;
	unsigned in;	 /**< port whose packets wait longest */
	unsigned out;	 /**< port that they leave by */
	int class_index; /**< of the router; CTL_PLAN_NONE where all share one queue */
	enum ctl_plan_state state;
	int culprit;	/**< port that nothing limits */
	bool by_kernel; /**< a device on the way belongs to the kernel */

	double burst_pkts; /**< of port in */
	struct ctl_core_wait wait;
	double queue_ns, link_ns;
	double bound_ns;   /**< sum of all of them */
	double rx_pkts;	   /**< packets that wait in the device at most */
	double queue_pkts; /**< packets that wait in the shaper at most */
	uint32_t rx_room_pkts, queue_room_pkts;
	uint64_t queue_limit_ns; /**< what waits longer in the shaper is dropped */

	uint64_t delay_ns;     /**< promised, 0 for nothing */
	struct ctl_src src;    /**< of the promise */
	const char *delay_sla; /**< that promised it; NULL: the class itself */
};

/** A declared path. */
struct ctl_plan_path {
	const struct ctl_conf_path *path;
	enum ctl_plan_state state;
	unsigned n_hops;
	unsigned row[CTL_HOPS_MAX];  /**< of each hop */
	bool burst_once;	     /**< the burst is counted at its slowest hop alone */
	double latency_ns, burst_ns; /**< sum of the hops' latencies, and the burst */
	double bound_ns;
	const char *broken_a, *broken_b; /**< routers that no link: device joins; NULL for none */
};

/** A plan; start from { 0 }. */
struct ctl_plan {
	struct ctl_plan_port *ports; /**< [router][DP_ROUTER_PORTS_MAX] */
	struct ctl_plan_core *cores;
	struct ctl_plan_link *links;
	struct ctl_plan_row *rows;
	struct ctl_plan_path *paths;
	unsigned n_cores, n_links, n_rows, n_paths;
	uint64_t memory_bytes; /**< of packets, of all routers */
	uint64_t room_bytes;   /**< what the machine has of it; 0: not known */
};

/** @return 0 or -ENOMEM; the result is to be freed in any case */
int ctl_plan_make(const struct ctl_plan_input *input, struct ctl_plan *plan);

/** Frees what a plan holds and makes it empty. */
void ctl_plan_fini(struct ctl_plan *plan);

/** An SLA as the plan sees it, with the change that is assumed. */
struct dp_sla ctl_plan_sla(const struct ctl_plan_input *input, const struct dp_sla *sla);

/** One port of a plan. */
const struct ctl_plan_port *ctl_plan_port_get(const struct ctl_plan *plan, unsigned router,
					      unsigned port);

#endif
