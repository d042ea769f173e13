/* The neighbours by address, and their entries in the data path. */

#include "control/mirror/ctl_rib_tables.h"

#include <errno.h>

uint32_t ctl_rib_host_find(const struct ctl_rib *rib, const struct ctl_addr *addr)
{
	const struct ctl_trie *hosts = &ctl_rib_family(rib, addr->family)->hosts;

	return hosts->n_prefixes ? ctl_trie_find(hosts, addr, ctl_addr_bits(addr->family)) : 0;
}

static struct ctl_rib_host *host_at(const struct ctl_rib *rib, uint8_t family, uint32_t host)
{
	return ctl_pool_at(&ctl_rib_family(rib, family)->host_pool, host);
}

static uint32_t host_create(struct ctl_rib *rib, const struct ctl_addr *addr)
{
	struct ctl_rib_family *family = ctl_rib_family(rib, addr->family);
	uint32_t host = ctl_pool_alloc(&family->host_pool);

	if (host && ctl_trie_insert(&family->hosts, host, addr, ctl_addr_bits(addr->family)) < 0) {
		ctl_pool_free(&family->host_pool, host);
		return 0;
	}
	return host;
}

int ctl_rib_fib_host_add(struct ctl_rib *rib, struct ctl_rib_neigh *neigh)
{
	uint32_t host;

	if (neigh->in_hosts)
		return 0;
	host = ctl_rib_host_find(rib, &neigh->addr);
	if (!host)
		host = host_create(rib, &neigh->addr);
	if (!host) {
		rib->suspect = true;
		return -ENOMEM;
	}
	neigh->next_host = host_at(rib, neigh->addr.family, host)->neighs;
	host_at(rib, neigh->addr.family, host)->neighs = neigh;
	neigh->in_hosts = true;
	ctl_rib_fib_address_refresh(rib, &neigh->addr);
	return 0;
}

void ctl_rib_fib_host_del(struct ctl_rib *rib, struct ctl_rib_neigh *neigh)
{
	struct ctl_rib_family *family = ctl_rib_family(rib, neigh->addr.family);
	struct ctl_rib_host *host;
	struct ctl_rib_neigh **at;
	uint32_t number;

	if (!neigh->in_hosts)
		return;
	neigh->in_hosts = false;
	ctl_rib_fib_address_refresh(rib, &neigh->addr);
	number = ctl_rib_host_find(rib, &neigh->addr);
	host = host_at(rib, neigh->addr.family, number);
	at = &host->neighs;
	while (*at != neigh)
		at = &(*at)->next_host;
	*at = neigh->next_host;
	if (host->neighs)
		return;
	ctl_trie_remove(&family->hosts, number);
	ctl_pool_free(&family->host_pool, number);
}
