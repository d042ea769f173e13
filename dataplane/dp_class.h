#ifndef DATAPLANE_DP_CLASS_H
#define DATAPLANE_DP_CLASS_H

/**
 * @file
 * What control tells the data plane about traffic classes and flows. Plain values, checked by
 * control against the ranges given here; copied by the data plane.
 *
 * The classes of a router are an ordered list: a packet belongs to the first one that it matches,
 * and to the last one, "default", when it matches none. A class is policed where the packet comes
 * in, after parsing, and scheduled where it leaves, on every shaped port.
 */

#include "dataplane/dp_sla.h"

#include <stdbool.h>
#include <stdint.h>

/** Classes that a configuration may list. */
#define DP_CLASSES_MAX 64
/** Classes with the one for everything else, which is always there and always the last. */
#define DP_CLASSES_ALL (DP_CLASSES_MAX + 1)
/** Name of the class of what matches nothing. */
#define DP_CLASS_DEFAULT "default"
/** Strict priority of a class; level 0 belongs to what the kernel sends. */
#define DP_LEVEL_MIN 1U
#define DP_LEVEL_MAX 63U
/** Largest quota of a class or flow, packets. */
#define DP_QUOTA_MAX_PKTS 65535U
/** Flows of one port. */
#define DP_FLOWS_MAX 65536U
/** dscp_mask of a class for which the DSCP does not matter. */
#define DP_DSCP_ANY UINT64_MAX
/** protocol of a class for which the protocol does not matter. */
#define DP_PROTOCOL_ANY 256U

/** A range of TCP, UDP, UDP-Lite, SCTP or DCCP ports. */
struct dp_port_range {
	bool set;	   /**< false: ports do not matter */
	uint16_t min, max; /**< both belong to it */
};

/** What a packet of a class looks like; every part must hold. */
struct dp_class_match {
	uint64_t dscp_mask; /**< bit n: DSCP n belongs to it; DP_DSCP_ANY */
	uint32_t src, dst;  /**< IPv4 prefixes in host byte order, no bit behind the depth */
	uint8_t src_depth;  /**< 0 to 32; 0: any address */
	uint8_t dst_depth;  /**< 0 to 32 */
	uint16_t protocol;  /**< 0 to 255, or DP_PROTOCOL_ANY */
	struct dp_port_range src_port;
	struct dp_port_range dst_port;
};

/** One class. */
struct dp_class_config {
	char name[DP_NAME_MAX];
	struct dp_class_match match; /**< not read in the last class */
	bool has_police;
	struct dp_sla police;
	/** On shaped ports; without it the class shares the queue of the last class. */
	bool has_queue;
	uint32_t level;	      /**< DP_LEVEL_MIN to DP_LEVEL_MAX, the smallest first */
	uint32_t weight;      /**< share within the level, 1 to SHAPER_MAX_WEIGHT */
	uint32_t quota_pkts;  /**< packets queued at most, to DP_QUOTA_MAX_PKTS; 0: a fair share */
	uint32_t limit_bytes; /**< bytes queued at most, in the layer of the port; 0: no limit */
	uint64_t limit_ns;    /**< longest wait; 0: the port's delay bound, or 50 ms without one */
	uint64_t ecn_ns;      /**< packets that waited longer are CE-marked; 0: no ECN */
	bool has_shape;
	struct dp_sla shape; /**< profile of the class, within the port's */
};

/** How packets are told apart as flows. */
enum dp_flow_by {
	DP_FLOW_NONE,	 /**< no per-flow shaping */
	DP_FLOW_BY_DST,	 /**< one flow per destination prefix of a length inside a base prefix */
	DP_FLOW_BY_HASH, /**< hash of addresses, protocol and ports */
};

/** Per-flow shaping of one class on one shaped port. */
struct dp_flow_config {
	enum dp_flow_by by;
	uint32_t base;	     /**< DP_FLOW_BY_DST: prefix in host byte order */
	uint8_t base_depth;  /**< 0 to 32 */
	uint8_t length;	     /**< base_depth to 32, at most base_depth + 16 */
	uint32_t count;	     /**< flows, 1 to DP_FLOWS_MAX; for DST 2^(length - base_depth) */
	uint32_t quota_pkts; /**< packets that one flow may hold, 1 to DP_QUOTA_MAX_PKTS */
	uint8_t class_index; /**< place in the router's classes; 0 where there are none */
	struct dp_sla sla;   /**< profile of every flow */
};

#endif
