#ifndef CONTROL_MIRROR_CTL_MIRROR_H
#define CONTROL_MIRROR_CTL_MIRROR_H

/**
 * @file
 * The mirror of a router: what the kernel's tables in the router's namespace say, kept equal in
 * the data plane.
 *
 * One mirror per router. Everything runs in the control thread, inside the event loop that was
 * given at creation; nothing blocks.
 */

#include "control/mirror/ctl_addr.h"
#include "control/mirror/ctl_diff.h"
#include "control/mirror/ctl_nl_rule.h"
#include "dataplane/dp.h"
#include "dataplane/dp_config.h"
#include "dataplane/dp_route.h"

#include <stdbool.h>
#include <stdint.h>

#define CTL_MIRROR_RCVBUF_BYTES (32U << 20) /**< room for some 40000 route messages */
#define CTL_MIRROR_PATHS_MAX DP_GROUP_MAX   /**< paths of a route that a walk reports */

struct ctl_mirror;
struct event_base;

/**
 * What the mirror tells the port layer. Each is called once for every port after its twin was
 * first seen, then on every change. Any of them may be NULL. None may destroy the mirror.
 */
struct ctl_mirror_ops {
	/** The twin was set up or down; down also when the twin was removed. */
	void (*port_admin)(void *arg, unsigned port, bool up);
	/** MTU of the twin, bytes of IP packet. */
	void (*port_mtu)(void *arg, unsigned port, uint32_t mtu_bytes);
	/** Reverse path filter of the twin, as the kernel applies it; also without a change. */
	void (*port_rpf)(void *arg, unsigned port, enum dp_rpf rpf);
	/** MAC address of the twin. */
	void (*port_mac)(void *arg, unsigned port, const uint8_t mac[6]);
	/** The first complete synchronisation is done: the data plane equals the kernel. */
	void (*ready)(void *arg);
};

/** What a mirror is made from. Everything but base and routing is copied. */
struct ctl_mirror_params {
	const char *netns;	    /**< name under /run/netns */
	struct event_base *base;    /**< loop of the control thread; outlives the mirror */
	struct dp_routing *routing; /**< empty; outlives the mirror */
	unsigned n_ports;	    /**< 1 to DP_ROUTER_PORTS_MAX */
	const char *port_names[DP_ROUTER_PORTS_MAX]; /**< names of the twins, by port */
	unsigned rcvbuf_bytes; /**< of the netlink socket; 0: CTL_MIRROR_RCVBUF_BYTES */
	struct ctl_mirror_ops ops;
	void *arg; /**< first argument of every operation */
};

/**
 * Opens a netlink socket in the namespace and starts the first synchronisation, which goes on in
 * the event loop. The routing is written from then on.
 *
 * @param out the mirror
 * @return 0, or -errno with a sentence in why: -EINVAL, -ENOENT (no such namespace), -EPERM,
 *	   -ENOMEM, or what the system answered
 */
int ctl_mirror_create(const struct ctl_mirror_params *params, struct ctl_mirror **out,
		      struct dp_why *why);

/** Closes the socket, takes all routes out of the routing and frees everything. */
void ctl_mirror_destroy(struct ctl_mirror *mirror);

/**
 * The device of a port gained or lost its carrier. What leads there is not used any more when this
 * returns, and the others of a group take over; the kernel and FRR hear of it later.
 */
void ctl_mirror_port_carrier(struct ctl_mirror *mirror, unsigned port, bool up);

/** Reads the kernel's tables again, now; forwarding goes on meanwhile. */
void ctl_mirror_resync(struct ctl_mirror *mirror);

/**
 * Compares all of the kernel's tables with the data path, as soon as no synchronisation runs. That
 * happens without being asked, too, about once a minute and with a small share of the time.
 *
 * @return what ctl_mirror_stats.audits will have reached when it is complete
 */
uint64_t ctl_mirror_audit(struct ctl_mirror *mirror);

/** The differences that the last complete audit found; valid until the next one is complete. */
const struct ctl_diffs *ctl_mirror_differences(const struct ctl_mirror *mirror);

/** Counters and gauges; times of CLOCK_MONOTONIC. */
struct ctl_mirror_stats {
	bool ready;		  /**< the first complete synchronisation is done */
	bool syncing;		  /**< a synchronisation is running */
	bool auditing;		  /**< an audit is running */
	uint64_t messages;	  /**< netlink messages received */
	uint64_t malformed;	  /**< messages that could not be decoded */
	uint64_t ignored;	  /**< messages that do not concern the router */
	uint64_t overruns;	  /**< times that the kernel dropped messages for us */
	uint64_t dump_interrupts; /**< dumps that changed while they were read, and were repeated */
	uint64_t resyncs;	  /**< complete synchronisations, the first one included */
	uint64_t swept;		  /**< objects that a synchronisation found gone */
	uint64_t purges;	  /**< routes and nexthops removed without word from the kernel */
	uint64_t request_errors;  /**< neighbour requests that the kernel refused */
	uint64_t fib_errors;	  /**< writes that the data plane refused; each brings a resync */
	uint64_t punted_routes;	  /**< routes left to the kernel's own forwarding, now */
	uint64_t lag_last_ns;	  /**< from socket readable to all of it applied, last time */
	uint64_t lag_max_ns;	  /**< the same, largest since start, synchronisations excluded */
	uint64_t sync_last_ns;	  /**< duration of the last complete synchronisation */
	uint64_t audits;	  /**< complete comparisons of kernel and data path */
	uint64_t audits_failed;	  /**< audits that the kernel did not let end */
	uint64_t audit_last_ns;	  /**< duration of the last complete audit */
	uint64_t differences;	  /**< that the last complete audit found; each brings a resync */
	uint64_t differences_total; /**< that all of them found */
	uint64_t routes;	    /**< routes of the kernel that the mirror holds, now */
	uint64_t prefixes;	    /**< distinct prefixes among them, now */
	uint64_t memory_bytes;	    /**< that routes and what they lead to take in the mirror */
	uint64_t rules;		    /**< rules of both families, now */
	uint64_t neighbours;	    /**< neighbours that the mirror holds, now */
	uint64_t nexthops;	    /**< kernel nexthop objects, now */
};
void ctl_mirror_stats_get(const struct ctl_mirror *mirror, struct ctl_mirror_stats *stats);

/** One way out of a route. */
struct ctl_mirror_path {
	struct ctl_addr gateway;     /**< family AF_UNSPEC: the destination is a neighbour itself */
	char port[DP_PORT_NAME_MAX]; /**< netdev in the namespace; the twin's name for a port */
	bool is_port;		     /**< a port of the router; else the kernel forwards */
	bool usable;		     /**< link and carrier are there */
	bool resolved;		     /**< mac is known */
	uint8_t mac[6];		     /**< of the gateway, when resolved */
	unsigned weight;	     /**< 1 to 256 */
};

/** One route of the kernel. Numbers as in <linux/rtnetlink.h>. */
struct ctl_mirror_route {
	struct ctl_addr prefix;
	uint8_t depth;	  /**< prefix length, bits */
	unsigned place;	  /**< routes of the same table and prefix before it */
	uint8_t protocol; /**< RTPROT_*: who made it (186 BGP, 188 OSPF, 196 static of zebra) */
	uint8_t type;	  /**< RTN_* */
	uint32_t table;	  /**< RT_TABLE_MAIN, RT_TABLE_LOCAL or any other */
	uint32_t metric;  /**< lowest wins */
	struct ctl_addr
		source;	     /**< preferred source of the kernel's own packets; AF_UNSPEC: none */
	uint32_t nexthop_id; /**< kernel nexthop object, 0 without */
	bool active;	     /**< the one that the data path uses for this table and prefix */
	unsigned n_paths;    /**< entries of paths; 0 for routes that lead nowhere */
	struct ctl_mirror_path paths[CTL_MIRROR_PATHS_MAX];
};

/** A value other than 0 ends the walk and is returned by it. */
typedef int (*ctl_mirror_route_fn)(const struct ctl_mirror_route *route, void *arg);

/**
 * Visits routes in ascending order of family, table, prefix, depth, preference.
 *
 * @param from begin at its table, prefix and depth, or the next if there is none; NULL: at the first
 */
int ctl_mirror_walk_routes(const struct ctl_mirror *mirror, const struct ctl_mirror_route *from,
			   ctl_mirror_route_fn fn, void *arg);

/** What the data path makes of a rule. */
enum ctl_mirror_rule_use {
	CTL_MIRROR_RULE_FOLLOWED,
	CTL_MIRROR_RULE_NEVER,	/**< it is for no packet that is forwarded, or does nothing */
	CTL_MIRROR_RULE_KERNEL, /**< packets that may match it are left to the kernel */
};

/** One rule of the kernel. */
struct ctl_mirror_rule {
	struct ctl_nl_rule spec;
	enum ctl_mirror_rule_use use;
};

/** A value other than 0 ends the walk and is returned by it. */
typedef int (*ctl_mirror_rule_fn)(const struct ctl_mirror_rule *rule, void *arg);

/** Visits the rules of IPv4, then those of IPv6, in the order in which they are tried. */
int ctl_mirror_walk_rules(const struct ctl_mirror *mirror, ctl_mirror_rule_fn fn, void *arg);

/** One neighbour of the kernel. */
struct ctl_mirror_neighbour {
	struct ctl_addr addr;
	char port[DP_PORT_NAME_MAX]; /**< netdev in the namespace */
	bool is_port;		     /**< a port of the router */
	uint16_t state;		     /**< NUD_* of <linux/neighbour.h> */
	bool resolved;		     /**< the data path may send to mac */
	uint8_t mac[6];		     /**< zero when never known */
	bool gateway;		     /**< a route leads through it */
};

/** A value other than 0 ends the walk and is returned by it. */
typedef int (*ctl_mirror_neighbour_fn)(const struct ctl_mirror_neighbour *neighbour, void *arg);

/** Visits all neighbours, in no particular order. */
int ctl_mirror_walk_neighbours(const struct ctl_mirror *mirror, ctl_mirror_neighbour_fn fn,
			       void *arg);

#endif
