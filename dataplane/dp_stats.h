#ifndef DATAPLANE_DP_STATS_H
#define DATAPLANE_DP_STATS_H

/**
 * @file
 * Reading what a router did. All functions run in the control thread; the worker owns the
 * counters, which are read without stopping it (each is one aligned 64-bit word).
 *
 * The ledger of a router, at rest:
 *   rx + injected = tx + punted + queued + sum of drops, in packets, over all its ports.
 */

#include "policer/policer.h"
#include "shaper/shaper.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_router;

/** How the worker of a core serves its routers. */
enum dp_scheduler {
	DP_SCHEDULER_DRR, /**< deficit round robin over measured cycles, see DP_CORE_ROUND_NS */
	DP_SCHEDULER_TIMESLICE, /**< each for a fixed time, as a hypervisor serves its guests */
};

/** Why a packet was dropped by the worker. The order is the order of the stages. */
enum dp_drop {
	DP_DROP_PORT_DOWN,     /**< received while the twin is administratively down */
	DP_DROP_VLAN,	       /**< on a shared device, without the VLAN of any port */
	DP_DROP_POLICED,       /**< beyond the SLA of the port it came in by */
	DP_DROP_TRUNCATED,     /**< shorter than its headers say */
	DP_DROP_MAC,	       /**< unicast frame for another station */
	DP_DROP_ETHERTYPE,     /**< neither IP nor ARP */
	DP_DROP_VERSION,       /**< IP version is not the frame's (RFC 1812 5.2.2, RFC 8200 3) */
	DP_DROP_LENGTH,	       /**< header or total length impossible (RFC 1812 5.2.2) */
	DP_DROP_CHECKSUM,      /**< IPv4 header checksum wrong (RFC 1812 5.2.2) */
	DP_DROP_MARTIAN_SRC,   /**< source address invalid (RFC 1812 5.3.7) */
	DP_DROP_MARTIAN_DST,   /**< destination address invalid (RFC 1812 5.3.7) */
	DP_DROP_MULTICAST,     /**< multicast that no one here listens to */
	DP_DROP_CLASS_POLICED, /**< beyond the SLA of its class */
	DP_DROP_BLACKHOLE,     /**< route of type blackhole */
	DP_DROP_RPF,	       /**< reverse path filter: no route back to the source (RFC 3704) */
	DP_DROP_PUNT_LIMIT,    /**< beyond the packet rate of its punt class */
	DP_DROP_PUNT_FULL,     /**< ring to the host-path thread full */
	DP_DROP_LINK_DOWN,     /**< output port without carrier or administratively down */
	DP_DROP_SHAPER_FULL,   /**< shaper queue at its byte or packet limit */
	DP_DROP_SHAPER_LATE,   /**< waited longer than the shaper's time limit */
	DP_DROP_SHAPER_ECN,    /**< beyond its class's ECN threshold, and not ECN-capable */
	DP_DROP_TX_FULL,       /**< device did not take it */
	DP_DROP_COUNT,
};

/** Why a packet went to the kernel through the twin; every class has its own limit at each port. */
enum dp_punt {
	DP_PUNT_CONTROL, /**< OSPF, BFD, BGP and other routing protocols */
	DP_PUNT_ARP,	 /**< ARP of a neighbour that the data path knows, from its MAC address */
	DP_PUNT_ARP_STRANGER, /**< all other ARP: may add a neighbour to the kernel */
	DP_PUNT_ND,	      /**< IPv6 neighbour discovery (RFC 4861) */
	DP_PUNT_ICMP,	      /**< ICMP or ICMPv6 for the router itself */
	DP_PUNT_LOCAL,	      /**< all else that is addressed to the router itself */
	DP_PUNT_NEIGHBOUR,    /**< IPv4 to or from a neighbour that the kernel has to look for */
	DP_PUNT_NEIGHBOUR6,   /**< the same of IPv6 */
	DP_PUNT_EXCEPTION,    /**< IPv4: TTL, no route, too big, options */
	DP_PUNT_EXCEPTION6, /**< IPv6: the same, hop-by-hop options, link-local addresses, groups */
	DP_PUNT_COUNT,
};

/** Counters of one port; packets and bytes, bytes without FCS. */
struct dp_port_counters {
	uint64_t rx_pkts, rx_bytes;		/**< received from the device */
	uint64_t tx_pkts, tx_bytes;		/**< taken by the device */
	uint64_t injected_pkts, injected_bytes; /**< received from the kernel, for this port */
	uint64_t police_pass_pkts, police_pass_bytes;
	uint64_t police_drop_pkts, police_drop_bytes;
	uint64_t control_rescued_pkts; /**< beyond an SLA, passed by the control bucket */
	/** What an SLA that remarks or has three colours saw; bytes in its layer. */
	uint64_t police_colour_pkts[POLICER_COLOURS];
	uint64_t police_colour_bytes[POLICER_COLOURS];
	uint64_t punt_pkts[DP_PUNT_COUNT];	/**< by the port they came in by */
	uint64_t punt_drop_pkts[DP_PUNT_COUNT]; /**< beyond the limit; also in drop_pkts */
	uint64_t drop_pkts[DP_DROP_COUNT];	/**< by the port where the drop happened */
	uint64_t queued_pkts;			/**< now in the shaper or waiting for the device */
	uint64_t twin_rx_pkts;			/**< host path: read from the twin */
	uint64_t twin_tx_pkts;			/**< host path: written to the twin */
	uint64_t twin_drop_pkts; /**< host path: refused by the twin or by a full ring */
};

/** What a class did where its packets came in. Writer: worker. Bytes of drops without FCS. */
struct dp_class_counters {
	struct policer_counters colours; /**< as its SLA coloured them; all green without one */
	uint64_t drop_pkts, drop_bytes;	 /**< dropped by its SLA */
	/** Refused by the SLA of the port after the class had let them pass; not in colours. */
	uint64_t aggregate_drop_pkts, aggregate_drop_bytes;
	uint64_t remark_pkts;  /**< DSCP changed */
	uint64_t rescued_pkts; /**< routing protocols, passed although to be dropped */
};

/** Classes with counters: those of the configuration; 1 without any in routers that need one. */
unsigned dp_class_count(const struct dp_router *router);

/** @return 0, or -ERANGE when there is no such class */
int dp_class_counters_get(const struct dp_router *router, unsigned class_index,
			  struct dp_class_counters *counters);

/** A queue of a shaped port: its settings in force and what it did. */
struct dp_queue_stats {
	const char *class_name; /**< of the router's class; "kernel" for the kernel's queue */
	bool has_flows;		/**< its packets are shaped per flow */
	uint32_t level, weight;
	uint32_t quota_pkts;
	uint64_t limit_ns; /**< longest wait; UINT64_MAX: none */
	uint64_t ecn_ns;   /**< ECN threshold; UINT64_MAX: none */
	struct shaper_class_effective effective;
	struct shaper_class_stats stats;
};

/** Queues of port number index, 0 when it is not shaped. */
unsigned dp_queue_count(const struct dp_router *router, unsigned index);

/** index: of the port. @return 0, or -ERANGE when there is no such queue */
int dp_queue_stats_get(const struct dp_router *router, unsigned index, unsigned queue,
		       struct dp_queue_stats *stats);

/** Name of a cause of drops in a queue, as shown to users. */
const char *dp_queue_drop_name(enum shaper_drop cause);

/** Name of a drop reason or punt class, as shown to users. */
const char *dp_drop_name(enum dp_drop reason);
const char *dp_punt_name(enum dp_punt punt);

/** Copies the counters of one port; index is its place in the configuration, as everywhere here. */
void dp_port_counters_get(const struct dp_router *router, unsigned index,
			  struct dp_port_counters *to);

/** Both sides of the ledger, summed over the ports of a router, in packets. */
struct dp_ledger {
	uint64_t in_pkts;  /**< rx + injected */
	uint64_t out_pkts; /**< tx + punted + queued + drops */
};
void dp_ledger_get(const struct dp_router *router, struct dp_ledger *ledger);

/** What left a shaped port, against its profile. */
struct dp_conformance {
	uint64_t burst_bytes;	       /**< configured */
	uint64_t measured_burst_bytes; /**< smallest burst that all departures so far fit */
	uint64_t tx_pkts;	       /**< packets recorded */
};
/** @return 0, or -ENOENT when the port is not shaped */
int dp_conformance_get(const struct dp_router *router, unsigned index,
		       struct dp_conformance *conformance);

/**
 * The same of what arrived at a port, before its policer, against the SLA that polices it.
 *
 * @return 0, or -ENOENT when the port is not policed in bit/s
 */
int dp_arrivals_get(const struct dp_router *router, unsigned index,
		    struct dp_conformance *conformance);

/** What a worker core did with its time. */
struct dp_core_stats {
	enum dp_scheduler scheduler;
	uint64_t slice_ns; /**< of DP_SCHEDULER_TIMESLICE */
	uint64_t loops;	   /**< turns of routers since start */
	uint64_t busy_tsc; /**< cycles of turns that handled at least one packet */
	uint64_t idle_tsc; /**< cycles of the others */
	/** Cycles that the host took away, as far as turns show it; in busy_tsc and idle_tsc too. */
	uint64_t lost_tsc;
	uint64_t gap_p99_ns, gap_p999_ns, gap_max_ns; /**< length of turns */
};
/** @return 0, or -ENOENT when no worker runs on the core */
int dp_core_stats_get(unsigned core, struct dp_core_stats *stats);

/** A router's part of its core. */
struct dp_share {
	uint64_t quantum_ns; /**< in each round of DP_CORE_ROUND_NS */
	uint64_t spent_tsc;  /**< cycles of all its turns, without what the host took */
};
/** @return 0, or -ENOENT when no worker knows the router */
int dp_share_get(const struct dp_router *router, struct dp_share *share);

/** Memory of a router's packet pool, in packets. */
struct dp_pool_stats {
	uint64_t size_pkts;
	uint64_t in_use_pkts;
};
void dp_pool_stats_get(const struct dp_router *router, struct dp_pool_stats *stats);

#endif
