#ifndef CONTROL_VR_H
#define CONTROL_VR_H

/**
 * @file
 * A running virtual router as control sees it: its data plane, its mirror and its measured rates.
 * Control thread only.
 */

#include "control/conf.h"
#include "control/mirror/ctl_mirror.h"
#include "control/netns_watch.h"
#include "control/rates.h"
#include "dataplane/dp.h"

struct ctl_carrier;
struct ctl_vfs;
struct event_base;

/** Layer of the measured rates of a direction without an SLA. */
#define CTL_VR_LAYER_DEFAULT RATE_LAYER_L2

/** One router. */
struct ctl_vr {
	const struct ctl_conf_router *conf; /**< what it runs; outlives it, or is replaced before */
	struct dp_router *dp;
	struct ctl_mirror *mirror;
	struct ctl_carrier *carrier; /**< shared by all routers */
	struct ctl_netns_watch netns;
	struct ctl_port_rates rates[DP_ROUTER_PORTS_MAX];
	enum dp_port_device devices[DP_ROUTER_PORTS_MAX]; /**< as the log says */
};

/** All routers of the process, in the order of the configuration. */
struct ctl_vrs {
	struct ctl_vr *items[DP_ROUTERS_MAX];
	unsigned n;
};

/**
 * Builds a router and starts its mirror and the watch of its kernel: devices.
 *
 * @return 0, or -errno with a sentence in why; then nothing of it is left behind
 */
int ctl_vr_create(const struct ctl_conf_router *conf, struct event_base *base,
		  struct ctl_carrier *carrier, struct ctl_vr **vr, struct dp_why *why);

/**
 * Has a core serve routers as a configuration says, unless it serves some already. Before the first
 * of its routers is created.
 *
 * @return 0, or -errno with a sentence in why
 */
int ctl_vr_core_prepare(const struct ctl_conf *conf, unsigned core, struct dp_why *why);

/**
 * Puts other settings in force while the router forwards; see dp_router_retune().
 *
 * @param conf of the same router; outlives it, or is replaced before
 */
int ctl_vr_retune(struct ctl_vr *vr, const struct ctl_conf_router *conf, struct dp_why *why);

/** Stops the watch and the mirror and destroys the router. */
void ctl_vr_destroy(struct ctl_vr *vr);

/** Looks whether a port has lost or gained its carrier whose driver reports that. */
void ctl_vr_poll_links(struct ctl_vr *vr);

/** True when the mirror's first complete synchronisation is done. */
bool ctl_vr_ready(const struct ctl_vr *vr);

/** Looks whether the router's namespace is still there, and says when it is not. */
void ctl_vr_check_netns(struct ctl_vr *vr);

/** Lets the data plane hear its devices, and logs what became of them. */
void ctl_vr_poll(struct ctl_vr *vr);

/** Takes devices again that were lost and are back; to be called about once a second. */
void ctl_vr_retry_devices(struct ctl_vr *vr, struct ctl_vfs *vfs);

/** Reads the port counters for the measured rates; to be called about once a second. */
void ctl_vr_sample(struct ctl_vr *vr, uint64_t now_ns);

/** Layers of the measured rates of a port: those of its SLAs. */
enum rate_layer ctl_vr_rx_layer(const struct dp_port_config *port);
enum rate_layer ctl_vr_tx_layer(const struct dp_port_config *port);

#endif
