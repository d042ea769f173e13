#include "control/mirror/ctl_rib_tables.h"

#include <errno.h>
#include <stdlib.h>

typedef struct ctl_rib_addr_key addr_key;

static uint32_t addr_hash(const addr_key *key)
{
	uint32_t hash = ctl_hash_bytes(key->depth, &key->ifindex, sizeof(key->ifindex));

	hash = ctl_hash_bytes(hash, key->local.bytes, sizeof(key->local.bytes));
	return ctl_hash_bytes(hash, key->peer.bytes, sizeof(key->peer.bytes));
}

static struct ctl_rib_addr *addr_of(struct ctl_hash_node *node)
{
	return node ? CTL_CONTAINER(node, struct ctl_rib_addr, node) : NULL;
}

static bool addr_equal(const struct ctl_hash_node *node, const void *key)
{
	const addr_key *a = &CTL_CONTAINER(node, const struct ctl_rib_addr, node)->key;
	const addr_key *b = key;

	return a->ifindex == b->ifindex && a->depth == b->depth &&
	       ctl_addr_equal(&a->local, &b->local) && ctl_addr_equal(&a->peer, &b->peer);
}

struct ctl_rib_addr *ctl_rib_addr_find(const struct ctl_rib *rib, const addr_key *key)
{
	return addr_of(ctl_hash_find(&rib->addrs, addr_hash(key), addr_equal, key));
}

bool ctl_rib_addr_is_local(const struct ctl_rib *rib, const struct ctl_addr *local)
{
	struct ctl_hash_node *node = NULL;

	while ((node = ctl_hash_next(&rib->addrs, node))) {
		if (ctl_addr_equal(&addr_of(node)->key.local, local))
			return true;
	}
	return false;
}

/* Loopback addresses are no source of anything, whoever has them. */
static void own_filter_add(struct ctl_rib *rib, const addr_key *key)
{
	if (key->local.family == AF_INET && key->local.bytes[0] != IN_LOOPBACKNET)
		dp_own_filter_add(&rib->own, ctl_addr_ipv4(&key->local));
}

/* Begins anew: a filter forgets no address by itself. */
static void own_filter_refill(struct ctl_rib *rib)
{
	struct ctl_hash_node *node = NULL;

	memset(&rib->own, 0, sizeof(rib->own));
	while ((node = ctl_hash_next(&rib->addrs, node)))
		own_filter_add(rib, &addr_of(node)->key);
	dp_own_filter_set(rib->params.routing, &rib->own);
}

/*
 * What the kernel does in fib_inetaddr_event(): with the last address of a link IPv4 is disabled
 * there, silently. Routes that prefer the address as their source go when its local route does;
 * those of IPv6 stay and prefer none any more, which the kernel does not tell, either.
 */
static void addr_remove(struct ctl_rib *rib, struct ctl_rib_addr *addr)
{
	struct ctl_rib_link *link = ctl_rib_link_find(rib, addr->key.ifindex);
	int ifindex = addr->key.ifindex;
	bool is_ipv4 = addr->key.local.family == AF_INET;

	ctl_hash_remove(&rib->addrs, &addr->node);
	free(addr);
	own_filter_refill(rib);
	if (link && is_ipv4 && --link->n_addrs == 0) {
		ctl_rib_netconf_tell(rib, link);
		ctl_rib_purge_link(rib, ifindex, CTL_RIB_LINK_BARE);
	}
	rib->suspect = true;
}

static int addr_add(struct ctl_rib *rib, const addr_key *key)
{
	struct ctl_rib_link *link = ctl_rib_link_find(rib, key->ifindex);
	struct ctl_rib_addr *addr = calloc(1, sizeof(*addr));

	if (!addr) {
		rib->suspect = true;
		return -ENOMEM;
	}
	addr->key = *key;
	addr->gen = rib->gen;
	addr->audit = rib->audit;
	ctl_hash_insert(&rib->addrs, &addr->node, addr_hash(key));
	own_filter_add(rib, key);
	dp_own_filter_set(rib->params.routing, &rib->own);
	if (key->local.family != AF_INET)
		return 0;
	if (link) {
		link->n_addrs++;
		ctl_rib_netconf_tell(rib, link);
	}
	if (ctl_rib_link_is_up(link))
		ctl_rib_revive_link(rib, key->ifindex, AF_INET);
	return 0;
}

int ctl_rib_apply_addr(struct ctl_rib *rib, const struct ctl_nl_addr *msg)
{
	addr_key key = {
		.ifindex = msg->ifindex, .depth = msg->depth, .local = msg->local, .peer = msg->peer
	};
	struct ctl_rib_addr *addr = ctl_rib_addr_find(rib, &key);

	ctl_diffs_touch_all(&rib->diffs);
	if (msg->removed) {
		if (addr)
			addr_remove(rib, addr);
		ctl_rib_work_little(rib);
		return 0;
	}
	if (!addr)
		return addr_add(rib, &key);
	addr->gen = rib->gen;
	return 0;
}

void ctl_rib_addr_sweep(struct ctl_rib *rib)
{
	struct ctl_hash_node *node = ctl_hash_next(&rib->addrs, NULL);

	while (node) {
		struct ctl_rib_addr *addr = addr_of(node);

		node = ctl_hash_next(&rib->addrs, node);
		if (addr->gen != rib->gen) {
			struct ctl_rib_link *link = ctl_rib_link_find(rib, addr->key.ifindex);

			/* The routes were just read: only the books are put right. */
			if (link && addr->key.local.family == AF_INET) {
				link->n_addrs--;
				ctl_rib_netconf_tell(rib, link);
			}
			ctl_hash_remove(&rib->addrs, &addr->node);
			free(addr);
			rib->swept++;
		}
	}
	own_filter_refill(rib);
}

void ctl_rib_addr_clear(struct ctl_rib *rib)
{
	struct ctl_hash_node *node = ctl_hash_next(&rib->addrs, NULL);

	while (node) {
		struct ctl_rib_addr *addr = addr_of(node);

		node = ctl_hash_next(&rib->addrs, node);
		ctl_hash_remove(&rib->addrs, &addr->node);
		free(addr);
	}
}
