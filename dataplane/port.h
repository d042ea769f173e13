#ifndef DATAPLANE_PORT_H
#define DATAPLANE_PORT_H

/**
 * @file
 * A port as worker, host-path thread and control share it.
 */

#include "dataplane/counters.h"
#include "dataplane/device.h"
#include "dataplane/dp.h"
#include "dataplane/port_queues.h"
#include "dataplane/steer.h"
#include "dataplane/trunk.h"
#include "dataplane/twin.h"
#include "dataplane/tx_queue.h"
#include "policer/policer.h"
#include "shaper/conformance.h"
#include "shaper/shaper.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_mbuf.h>

/** Packets of one receive burst, and so of one pass through the stages. */
#define PORT_RX_BURST 32U
/** Multicast groups that a device is told one by one. */
#define PORT_GROUPS_MAX 30U
/** Packets collected for one offer to the shaper. */
#define PORT_OFFER_PKTS 64U

/**
 * Since when what the device holds may have waited. A receive call that gets less than a whole burst
 * leaves nothing behind. While all calls get whole bursts the queue is as old as the last
 * PORT_BACKLOG_PKTS packets took to receive, for it holds no more.
 *
 * What fills the queue may be older: packets that came while the host had the core delay those that
 * came later until the queue has been empty. A queue that has not been so for PORT_BACKLOG_QUEUES
 * times its length is overloaded, and no gap's doing.
 */
struct port_backlog {
	uint64_t since_tsc;  /**< nothing that is there now came before */
	uint64_t half_tsc;   /**< full_pkts were received since */
	uint64_t empty_tsc;  /**< nothing that is there now waits for what came before */
	uint64_t rx_tsc;     /**< of the last burst that was received */
	uint64_t behind_tsc; /**< empty_tsc of that burst */
	uint32_t full_pkts;
	uint32_t full_queues; /**< of PORT_BACKLOG_PKTS, since the device was seen empty */
};

/** Packets that a device's queue holds at most: of the kinds there are, a link's holds most. */
#define PORT_BACKLOG_PKTS 1024U
/** A core that is not more than 15/16 busy has emptied the queue by then. */
#define PORT_BACKLOG_QUEUES 16U

/** Whether a port works; everything but PORT_UP is off the fast path. */
enum port_up { PORT_DOWN, PORT_UP, PORT_UP_TAGGED };

/** A port. Allocated with its router, aligned to a cache line. */
struct port {
	/* Constant while the worker sees the port, but for SLAs, which it changes itself (retune.c). */
	alignas(RTE_CACHE_LINE_SIZE) uint16_t index; /**< place in the configuration */
	bool has_police;	     /**< police is valid: pass or drop by length alone */
	bool has_marker;	     /**< marker is valid, and police is not */
	bool has_meter;		     /**< meter_rate is valid: shaped in bit/s */
	bool has_rx_meter;	     /**< rx_meter_rate is valid: policed in bit/s */
	int32_t police_adjust_bytes; /**< frame length -> layer of the policer */
	int32_t shape_adjust_bytes;  /**< frame length -> layer of the shaper */
	uint32_t tag_be;	     /**< of ports with a trunk: EtherType and VLAN as in a frame */
	struct trunk *trunk;	     /**< NULL: the port has its device for itself, without VLAN */
	struct shaper *shaper;	     /**< NULL: not shaped */
	struct policer_profile police;
	struct policer_profile rescue; /**< packet rate of control traffic beyond the SLA */
	struct rate meter_rate, rx_meter_rate;
	struct policer marker; /**< SLA that remarks or has several colours */
	struct port_queues queues;
	/** Delay bound of what leaves here, by class of the router; UINT64_MAX without one. */
	uint64_t bound_tsc[DP_CLASSES_ALL];

	/* Writer: control. Reader: worker, once per use, relaxed: each change stands alone. */
	alignas(RTE_CACHE_LINE_SIZE) uint8_t rx_up; /**< twin up; of enum port_up */
	uint8_t tx_up;				    /**< and the device has carrier */
	uint8_t rpf;				    /**< enum dp_rpf */
	/** Control traffic comes by STEER_QUEUE of its device. Release after eth_id, acquire before. */
	bool steered;
	uint16_t eth_id; /**< what it polls; see port_device.h */
	uint16_t mtu;	 /**< bytes of IP packet */
	uint64_t mac;	 /**< six bytes as they lie in a frame, the other two 0 */

	/* Writer and reader: worker. */
	alignas(RTE_CACHE_LINE_SIZE) struct policer_bucket police_bucket;
	struct policer_bucket rescue_bucket;	   /**< of routing protocols */
	struct policer_bucket rescue_neigh_bucket; /**< of ARP and neighbour discovery */
	union policer_state marker_state;
	uint64_t ecn_drops;			    /**< of the shaper, accounted so far */
	struct shaper_conformance meter;	    /**< of what leaves; reader also: control */
	struct shaper_conformance rx_meter;	    /**< of what comes; reader also: control */
	struct port_backlog backlogs[STEER_QUEUES]; /**< of each queue of its device */
	uint64_t busy_lost_tsc; /**< that the host had taken before the shaper was last empty */
	bool busy;		/**< the shaper is not empty; busy_lost_tsc is valid */
	uint32_t n_offer;	/**< packets in offer */
	struct tx_queue tx;	/**< reader of its count also: control */
	struct shaper_pkt offer[PORT_OFFER_PKTS];
	struct worker_counters counters;
	struct policer_bucket punt_buckets[DP_PUNT_COUNT];

	/* Writer: host-path thread. Reader: control. */
	alignas(RTE_CACHE_LINE_SIZE) struct host_counters host;

	/* Control only, but for twin.fd, which the host-path thread uses while the port is known. */
	alignas(RTE_CACHE_LINE_SIZE) struct twin twin;
	struct device device;
	enum dp_port_device device_state;
	bool restart_due; /**< its link was lost, and its PF may have reset it */
	bool pf_down;	  /**< of a VF: its link does not count */
	/** By devices that this one replaced, before a restart, or what only the kernel counted. */
	uint64_t missed_before_pkts;
	uint64_t errors_before_pkts;
	struct dp_device_limits limits;
	unsigned n_groups; /**< that the device was told, see port_groups.h */
	uint8_t groups[PORT_GROUPS_MAX][RTE_ETHER_ADDR_LEN];
	bool device_steers; /**< the one that it has now */
	bool carrier, admin_up;
	uint8_t mac_bytes[RTE_ETHER_ADDR_LEN];
	char driver[32];
	void *shaper_mem;
	uint64_t shape_burst_bytes;
};

/** A port's name for messages: "tenant-a/wan0". Control thread; overwritten by the next call. */
const char *port_label(const struct dp_router_config *router, const struct dp_port_config *port);

/**
 * Opens and starts the device of a port, builds policer and shaper, creates the twin.
 *
 * @param port zeroed, with index set
 * @param pool where received packets come from
 * @return 0, or -errno with a sentence in why; then nothing of it is left
 */
int port_init(struct port *port, const struct dp_router_config *router, struct rte_mempool *pool,
	      struct dp_why *why);

/** Stops the device, frees queued packets and removes the twin. No worker may know the port. */
void port_fini(struct port *port);

/** Derives rx_up, tx_up and the twin's carrier from carrier and admin_up. */
void port_state_apply(struct port *port);

#endif
