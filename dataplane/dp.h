#ifndef DATAPLANE_DP_H
#define DATAPLANE_DP_H

/**
 * @file
 * Life cycle of the data plane: EAL, worker cores, the host-path thread, routers.
 *
 * Every function here is called from the control thread (the thread that called dp_init())
 * unless it says otherwise. None of them stops the worker of another router.
 */

#include "dataplane/dp_config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_router;
struct dp_routing;

/** One sentence for the user: what failed, where, what would be right. */
struct dp_why {
	char text[768]; /* a sentence of a configuration with its place fits */
};

/** What the whole process needs; derived from the configuration, never typed by a user. */
struct dp_params {
	unsigned control_core; /**< CPU of the control and the host-path thread */
	const char *name;      /**< prefix of shared names; unique per process on a host */
	uint64_t
		pool_bytes; /**< memory of all packet pools and rings; see dp_router_memory_bytes() */
	bool needs_pci;	    /**< a port names a PCI device: probe the bus */
	const char *const *pci_allow; /**< PCI addresses to probe, n_pci_allow of them */
	unsigned n_pci_allow;
};

/**
 * Starts EAL, calibrates the TSC against CLOCK_MONOTONIC_RAW and starts the host-path thread.
 *
 * @return 0, or -errno with a sentence in why; then nothing was changed
 */
int dp_init(const struct dp_params *params, struct dp_why *why);

/** Stops workers and the host-path thread, destroys what is left and releases EAL. */
void dp_fini(void);

/** True when packet memory is in hugepages. */
bool dp_has_hugepages(void);

/** Calibrated TSC frequency, Hz, as a fraction of CLOCK_MONOTONIC_RAW. */
uint64_t dp_tsc_hz(void);

/** Packet memory that a router of this configuration takes, bytes. Callable before dp_init(). */
uint64_t dp_router_memory_bytes(const struct dp_router_config *config);

/**
 * Checks of what only policer and shaper can judge, with the arithmetic. All are callable before
 * dp_init().
 *
 * @return 0, or -errno with a sentence in why
 */
/** An SLA that polices IP packets of at most mtu_bytes. */
int dp_sla_police_check(const struct dp_sla *sla, uint16_t mtu_bytes, struct dp_why *why);
/** The profile of a port with has_shape, with the queue that it has without classes. */
int dp_port_shape_check(const struct dp_port_config *port, struct dp_why *why);
/** The queue of a class with has_queue on a port that passed dp_port_shape_check(). */
int dp_class_queue_check(const struct dp_router_config *router, unsigned port, unsigned class_index,
			 struct dp_why *why);
/** All queues of such a port together, and its flows. */
int dp_port_queues_check(const struct dp_router_config *router, unsigned port, struct dp_why *why);

/** What the queue of a class on a shaped port holds. */
struct dp_queue_room {
	uint32_t quota_pkts;	/**< packets */
	uint64_t limit_ns;	/**< longest wait: what would wait longer is dropped */
	uint32_t quantum_bytes; /**< its part of a round of its level, in the layer of the port */
};

/**
 * Of the class at a place of the configuration, or of the one queue of a router without classes
 * (class_index 0). Callable before dp_init().
 */
void dp_queue_room_get(const struct dp_router_config *router, unsigned port, unsigned class_index,
		       struct dp_queue_room *room);

/** Packets that wait in the device of a port until it is polled. Callable before dp_init(). */
uint32_t dp_port_rx_pkts(const struct dp_port_config *port);

/**
 * Whether the SLA that polices a port is applied before parsing: the router says "early", and the
 * packet's length alone decides.
 */
bool dp_police_is_early(const struct dp_router_config *router, unsigned index);

/**
 * Time that the routers of a core are given in one round of deficit round robin, ns: each has its
 * share of it as its quantum. Unused time goes to the others at once, and comes back within a round.
 *
 * As long as several short bursts take, so that changing between routers costs little; and no
 * longer, because a quiet router waits for the quanta of all the others, and for what the last turn
 * of each lasted beyond them.
 */
#define DP_CORE_ROUND_NS 20000ULL

/**
 * Quantum of a router, ns. Any thread, callable before dp_init().
 *
 * @param share_percent as in struct dp_router_config
 * @param n_routers routers of its core, with itself
 */
uint64_t dp_core_quantum_ns(unsigned share_percent, unsigned n_routers);

/**
 * How a core serves its routers; deficit round robin unless this says otherwise. Before the core
 * has its first router.
 *
 * @return 0, or -errno with a sentence in why
 */
int dp_core_configure(const struct dp_core_config *config, struct dp_why *why);

/**
 * Builds a router (ports, twins, tables, pool) and hands it to the worker of its core.
 *
 * @return 0, or -errno with a sentence in why; then nothing of it is left behind
 */
int dp_router_create(const struct dp_router_config *config, struct dp_router **result,
		     struct dp_why *why);

/** Takes a router from its worker, waits for the grace period and frees everything it had. */
void dp_router_destroy(struct dp_router *router);

/** The configuration that the router was built from; valid until it is destroyed. */
const struct dp_router_config *dp_router_config(const struct dp_router *router);

/** The routing of a router, for the mirror; valid until the router is destroyed. */
struct dp_routing *dp_router_routing(struct dp_router *router);

/**
 * Frees what was unpublished and is no longer seen by any worker. Call it from a timer, about
 * every 10 ms; it never waits.
 */
void dp_reclaim(void);

/** Whether a port's device works. */
enum dp_port_device {
	DP_PORT_DEVICE_RUNS,
	DP_PORT_DEVICE_STOPPED, /**< it was reset and does not start yet */
	DP_PORT_DEVICE_GONE,	/**< it was taken away */
};

/** What the driver of a device says that it can do, and what of it is used. */
struct dp_device_limits {
	uint16_t max_rx_queues, max_tx_queues;
	uint16_t rx_desc, tx_desc;	   /**< in use */
	uint16_t max_rx_desc, max_tx_desc; /**< 0: not said */
	uint16_t max_mtu;		   /**< bytes of IP packet; 0: not said */
	bool link_interrupt;		   /**< tells of its link by interrupt */
	bool control_steered; /**< BFD, OSPF, BGP, ARP and ND come by a queue of their own */
	uint64_t rx_offloads,
		tx_offloads; /**< RTE_ETH_RX_OFFLOAD_*, RTE_ETH_TX_OFFLOAD_*: it can */
	uint64_t rx_offloads_used, tx_offloads_used;
};

/** State of a port as its device reports it and as the tenant wants it. */
struct dp_port_state {
	bool carrier;	  /**< the device has a link */
	bool admin_up;	  /**< the twin is administratively up */
	uint8_t mac[6];	  /**< MAC address of the device and its twin */
	uint16_t mtu;	  /**< effective MTU, bytes of IP packet */
	enum dp_rpf rpf;  /**< reverse path filter of what the port receives */
	int twin_ifindex; /**< interface index of the twin in the router's namespace */
	char driver[32];  /**< DPDK driver name */
	enum dp_port_device device;
	uint64_t missed_pkts; /**< packets that the device dropped before the data plane saw them */
	uint64_t rx_error_pkts; /**< frames that the device received broken, and dropped */
	struct dp_device_limits limits;
};

/** Name of an offload bit, such as "VLAN_STRIP"; of one bit only. */
const char *dp_rx_offload_name(uint64_t offload);
const char *dp_tx_offload_name(uint64_t offload);

/** Reads the state of the port at a place of the configuration; so is index below. */
void dp_port_state_get(struct dp_router *router, unsigned index, struct dp_port_state *state);

/**
 * The device of a port gained or lost its link: packets to it are dropped from the worker's next
 * loop on, and the twin's carrier follows.
 */
void dp_port_carrier_set(struct dp_router *router, unsigned index, bool up);

/**
 * The PF of a port's VF lost or got its own link: without it the port has no carrier, whatever the VF
 * says. When it is back the VF is started anew, and its link counts again.
 */
void dp_port_pf_set(struct dp_router *router, unsigned index, bool up);

/** The tenant set the twin up or down: the port receives and sends only while it is up. */
void dp_port_admin_set(struct dp_router *router, unsigned index, bool up);

/** The tenant set the reverse path filter of the twin (sysctl rp_filter). */
void dp_port_rpf_set(struct dp_router *router, unsigned index, enum dp_rpf rpf);

/** Name of a setting of the reverse path filter, as shown to users. */
const char *dp_rpf_name(enum dp_rpf rpf);

/** The tenant changed the twin's MTU: larger packets take the exception path from now on. */
void dp_port_mtu_set(struct dp_router *router, unsigned index, uint16_t mtu);

/**
 * The tenant gave the twin another MAC address: the port answers to it and sends from it.
 *
 * @return 0 or -ENOMEM; then nothing has changed
 */
int dp_port_mac_set(struct dp_router *router, unsigned index, const uint8_t mac[6]);

/**
 * Asks a port's device for its link state. Of devices whose driver reports none (af_packet) nothing
 * is ever told: the caller watches the netdev instead.
 *
 * @param up the state, where it is told
 * @return whether it is another one than that of the last dp_port_carrier_set()
 */
bool dp_port_link_changed(const struct dp_router *router, unsigned index, bool *up);

/**
 * Hears what devices told by interrupt: one that was reset is started again, one that is taken away is
 * let go. Until its device works again the port has no carrier.
 */
void dp_ports_poll(struct dp_router *router);

/**
 * Tells VFs the multicast groups that the tenant's kernel listens to, where they have changed. To be
 * called about once a second.
 */
void dp_ports_follow_groups(struct dp_router *router);

/**
 * Becomes readable when a device has told something by interrupt: then dp_ports_poll() is due at
 * once. It is what empties it. -1 before dp_init().
 */
int dp_event_fd(void);

/**
 * Takes the device of a port again that was gone, if it is back; to be tried about once a second.
 * The port then works as before. Does nothing for a port with a device.
 */
void dp_port_device_retry(struct dp_router *router, unsigned index);

#endif
