#ifndef CONTROL_MIRROR_CTL_NL_DECODE_H
#define CONTROL_MIRROR_CTL_NL_DECODE_H

/**
 * @file
 * Netlink messages to plain values. Pure: no state, no allocation, any thread.
 *
 * Every function takes one message and the bytes that are readable from its start, and returns 0,
 * -EINVAL (malformed: lengths or values that contradict the protocol), or -ENOMSG (well-formed,
 * but nothing that the mirror follows). On an error the result holds no meaning.
 */

#include "control/mirror/ctl_addr.h"
#include "dataplane/dp_route.h"

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/netlink.h>
#include <netlink/attr.h>

/** Paths of one route or members of one group that are decoded; the data path takes no more. */
#define CTL_NL_PATHS_MAX DP_GROUP_MAX

/** RTM_NEWLINK and RTM_DELLINK. */
struct ctl_nl_link {
	bool removed;
	int ifindex;
	char name[IFNAMSIZ];
	uint32_t flags; /**< IFF_* */
	uint32_t mtu;	/**< bytes */
	bool has_mac;	/**< the address has six bytes */
	uint8_t mac[6];
	int master; /**< ifindex of the bridge, bond or VRF above it, 0 without */
};
int ctl_nl_decode_link(const struct nlmsghdr *msg, size_t len, struct ctl_nl_link *link);

#define CTL_NL_NETCONF_ALL (-1) /**< NETCONFA_IFINDEX_ALL: or-ed with each link's own setting */

/** RTM_NEWNETCONF: settings of a family for a link, or for all; at least one of them. */
struct ctl_nl_netconf {
	uint8_t family; /**< AF_INET or AF_INET6 */
	int ifindex;	/**< or CTL_NL_NETCONF_ALL */
	bool has_linkdown;
	bool has_rp_filter;
	bool ignores_linkdown; /**< lookups pass over routes without carrier */
	uint32_t rp_filter;    /**< 0 off, 1 strict, else loose; IPv4 only */
};
int ctl_nl_decode_netconf(const struct nlmsghdr *msg, size_t len, struct ctl_nl_netconf *netconf);

/** RTM_NEWADDR and RTM_DELADDR. */
struct ctl_nl_addr {
	bool removed;
	bool tentative; /**< IPv6: no host may use it yet, its neighbours are asked first */
	int ifindex;
	uint8_t depth; /**< prefix length, bits */
	struct ctl_addr local;
	struct ctl_addr
		peer; /**< address that the prefix belongs to; equals local without a peer */
};
int ctl_nl_decode_addr(const struct nlmsghdr *msg, size_t len, struct ctl_nl_addr *addr);

/** RTM_NEWNEIGH and RTM_DELNEIGH, IPv4 and IPv6 unicast, no proxy entries. */
struct ctl_nl_neigh {
	bool removed;
	int ifindex;
	struct ctl_addr addr;
	uint16_t state; /**< NUD_* */
	uint8_t flags;	/**< NTF_EXT_LEARNED and NTF_ROUTER: kept only while repeated */
	bool managed;	/**< the kernel keeps it resolved (NTF_EXT_MANAGED) */
	bool has_mac;	/**< the address has six bytes */
	uint8_t mac[6];
};
int ctl_nl_decode_neigh(const struct nlmsghdr *msg, size_t len, struct ctl_nl_neigh *neigh);

/** One way out. */
struct ctl_nl_path {
	int ifindex;		 /**< output device, 0 when the message named none */
	struct ctl_addr gateway; /**< AF_UNSPEC: on the link itself */
	uint16_t weight;	 /**< 1 to 256 */
	uint8_t flags;		 /**< RTNH_F_DEAD, RTNH_F_LINKDOWN, ... */
};

/**
 * RTM_NEWROUTE and RTM_DELROUTE. Several IPv6 routes of one metric that have gateways are one route
 * of several paths to the kernel: it tells all of them when one comes, and the one when one goes.
 */
struct ctl_nl_route {
	bool removed;
	bool replace;  /**< takes the place of the first of its table, TOS and metric */
	bool append;   /**< goes behind its equals */
	uint8_t type;  /**< RTN_* */
	uint8_t depth; /**< 0 to 32 or 128 */
	/**
	 * Not 0: the route is not for all packets, and so only the kernel can decide. IPv4: the TOS.
	 * IPv6: a digest of what else the kernel looks at, the source prefix and the preference.
	 */
	uint8_t tos;
	uint8_t protocol; /**< RTPROT_* */
	uint8_t scope;	  /**< RT_SCOPE_* */
	uint32_t table;
	uint32_t metric;
	struct ctl_addr prefix;
	struct ctl_addr prefsrc; /**< AF_UNSPEC without */
	uint32_t nexthop_id;	 /**< 0 without */
	bool unsupported;	 /**< only the kernel can forward it: encapsulation, too many paths,
				an end that comes by itself */
	unsigned n_paths;
	struct ctl_nl_path paths[CTL_NL_PATHS_MAX];
};
int ctl_nl_decode_route(const struct nlmsghdr *msg, size_t len, struct ctl_nl_route *route);

/** RTM_NEWNEXTHOP and RTM_DELNEXTHOP. A removed one has an id and nothing else. */
struct ctl_nl_nexthop {
	bool removed;
	uint32_t id;	/**< never 0 */
	uint8_t family; /**< AF_INET, AF_INET6; AF_UNSPEC for a group */
	bool blackhole;
	bool unsupported;	 /**< as in struct ctl_nl_route */
	struct ctl_nl_path path; /**< single one, when n_members is 0 and not blackhole */
	unsigned n_members;	 /**< of a group */
	uint32_t members[CTL_NL_PATHS_MAX];
	uint16_t weights[CTL_NL_PATHS_MAX];
};
int ctl_nl_decode_nexthop(const struct nlmsghdr *msg, size_t len, struct ctl_nl_nexthop *nexthop);

/* Shared by the decoders. */

/**
 * Checks the frame of a message and splits its attributes.
 *
 * @param head bytes of the family header that follows the netlink header
 * @param max highest attribute that the caller looks at; tb has room for max + 1
 * @return the family header, or NULL when the message is too short for it or an attribute lies
 *	   outside of the message
 */
const void *ctl_nl_decode_frame(const struct nlmsghdr *msg, size_t len, size_t head,
				struct nlattr **tb, int max);

/** Reads an attribute of this size; value keeps what it had without one. @return 0 or -EINVAL */
int ctl_nl_decode_u8(const struct nlattr *attr, uint8_t *value);
int ctl_nl_decode_u16(const struct nlattr *attr, uint16_t *value);
int ctl_nl_decode_u32(const struct nlattr *attr, uint32_t *value);

/** Reads an address; addr is AF_UNSPEC without one. @return 0 or -EINVAL (length of no family) */
int ctl_nl_decode_address(const struct nlattr *attr, uint8_t family, struct ctl_addr *addr);

#endif
