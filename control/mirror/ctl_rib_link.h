#ifndef CONTROL_MIRROR_CTL_RIB_LINK_H
#define CONTROL_MIRROR_CTL_RIB_LINK_H

/* The links of the rib and their addresses; only ctl_rib_tables.h includes this. */

#include "control/mirror/ctl_addr.h"
#include "control/mirror/ctl_hash.h"
#include "control/mirror/ctl_nl_decode.h"

/* A netdev of the namespace. */
struct ctl_rib_link {
	struct ctl_hash_node node; /* by ifindex */
	int ifindex;
	int port; /* CTL_RIB_NO_PORT: the kernel's own */
	char name[IFNAMSIZ];
	uint32_t flags;
	uint32_t mtu;
	bool has_mac;
	uint8_t mac[6];
	int master;
	unsigned n_addrs;	/* IPv4 */
	bool ignores_linkdown;	/* as its own sysctl says; IPv4 */
	bool ignores_linkdown6; /* IPv6 */
	uint32_t rp_filter;	/* as its own sysctl says */
	unsigned gen;
	uint8_t audit; /* as of the rib: the kernel has shown it; so below */
};

struct ctl_rib_addr {
	struct ctl_hash_node node; /* by all of key */
	struct ctl_rib_addr_key {
		int ifindex;
		uint8_t depth;
		struct ctl_addr local;
		struct ctl_addr peer;
	} key;
	unsigned gen;
	uint8_t audit;
};

#endif
