#ifndef DATAPLANE_DP_CONFIG_H
#define DATAPLANE_DP_CONFIG_H

/**
 * @file
 * What control tells the data plane about a router. Plain values, checked by control against the
 * ranges given here; copied by the data plane.
 */

#include "dataplane/dp_class.h"
#include "dataplane/dp_sla.h"
#include "dataplane/dp_stats.h"

#include <stdbool.h>
#include <stdint.h>

#define DP_PORT_NAME_MAX 16    /**< a port is also the name of a netdev (IFNAMSIZ) */
#define DP_DEVICE_MAX 256      /**< device argument, bytes with the final NUL */
#define DP_PCI_ADDRESS_MAX 16  /**< "0000:03:10.1", bytes with the final NUL */
#define DP_VLAN_MAX 4094       /**< highest VLAN (IEEE 802.1Q: 4095 is reserved) */
#define DP_ROUTER_PORTS_MAX 32 /**< ports of one router */
#define DP_ROUTERS_MAX 64      /**< routers of one process */
#define DP_MTU_MIN 576	       /**< bytes of IP packet (RFC 791: every host accepts 576) */
#define DP_MTU_MAX 9000	       /**< bytes of IP packet */
#define DP_BUFFERS_MAX 1048576 /**< packet buffers that a router may ask for */
#define DP_BURST_MAX_BYTES 1000000000ULL

/** What a port is made of. */
enum dp_device_kind {
	DP_DEVICE_KERNEL, /**< arg: name of a netdev in the daemon's namespace, shared with the kernel by AF_PACKET */
	DP_DEVICE_XDP,	 /**< arg: name of such a netdev, taken over by AF_XDP */
	DP_DEVICE_PCI,	 /**< arg: PCI address, bound to vfio-pci */
	DP_DEVICE_MEMIF, /**< arg: "ROLE,PATH,ID", role server or client */
	DP_DEVICE_VDEV,	 /**< arg: DPDK device arguments of any virtual device */
	DP_DEVICE_LINK,	 /**< arg: name of a link; two ports with the same name are joined */
	DP_DEVICE_VF, /**< arg: "PF/INDEX", netdev of the PF and number of its virtual function */
};

/** Where the policer of a port stands (thesis: IgTB or TcTB). */
enum dp_police_at {
	DP_POLICE_EARLY, /**< on the length alone, before the first byte is read */
	DP_POLICE_LATE,	 /**< after parsing, before the route is looked up */
};

/** What the reverse path filter of a port asks of IPv4 sources (RFC 3704), as Linux's rp_filter. */
enum dp_rpf {
	DP_RPF_OFF,
	DP_RPF_STRICT, /**< a path of the route to the source leaves through the port */
	DP_RPF_LOOSE,  /**< there is a unicast route to the source */
};

/** One port. */
struct dp_port_config {
	char name[DP_PORT_NAME_MAX]; /**< also the name of the twin */
	enum dp_device_kind kind;
	char device[DP_DEVICE_MAX]; /**< argument of the kind */
	/** Of kinds PCI and VF: with domain, in lower case. Of a VF known once it exists. */
	char pci_address[DP_PCI_ADDRESS_MAX];
	uint16_t mtu; /**< bytes of IP packet, DP_MTU_MIN to DP_MTU_MAX */
	/** 0, or the VLAN of the port. The PF tags what a VF sends; other kinds tag in software. */
	uint16_t vlan;
	bool has_police;
	bool has_shape;
	struct dp_sla police;	     /**< of what enters the port */
	struct dp_sla shape;	     /**< of what leaves the port */
	struct dp_flow_config flows; /**< of what leaves the port; only with has_shape */
};

/** A time slice, ns. */
#define DP_SLICE_MIN_NS 10000ULL
#define DP_SLICE_MAX_NS 1000000000ULL

/** One core. */
struct dp_core_config {
	unsigned core; /**< CPU of the worker; not the control core */
	enum dp_scheduler scheduler;
	/** DP_SCHEDULER_TIMESLICE: DP_SLICE_MIN_NS to DP_SLICE_MAX_NS; 0 otherwise. */
	uint64_t slice_ns;
};

/** share_percent of routers that all have the same part of their core. */
#define DP_SHARE_EQUAL 0U
#define DP_SHARE_MAX 100U

/** rescue_pps of a router that passes nothing beyond an SLA. */
#define DP_RESCUE_NONE UINT64_MAX

/** One router. */
struct dp_router_config {
	char name[DP_NAME_MAX];
	char netns[DP_NAME_MAX]; /**< name under /run/netns */
	unsigned core;		 /**< CPU of its worker; not the control core */
	/**
	 * Part of the core's time, 1 to DP_SHARE_MAX, those of a core at most that together; or
	 * DP_SHARE_EQUAL, and then all routers of the core say so.
	 */
	unsigned share_percent;
	enum dp_police_at police_at;
	/** Packet buffers beyond those for queues and rings; for devices that keep packets. */
	unsigned buffers;
	uint64_t punt_pps[DP_PUNT_COUNT]; /**< limit of each class at each port, 0: the default */
	/**
	 * Packets/s of routing protocols, and as many of ARP and neighbour discovery, that each port
	 * passes beyond its SLA; 0: the default, DP_RESCUE_NONE: none.
	 */
	uint64_t rescue_pps;
	unsigned n_ports; /**< 1 to DP_ROUTER_PORTS_MAX */
	struct dp_port_config ports[DP_ROUTER_PORTS_MAX];
	unsigned n_classes; /**< 0, or 1 to DP_CLASSES_ALL with the last one for everything else */
	struct dp_class_config classes[DP_CLASSES_ALL];
};

#endif
