#include "dataplane/pool.h"

#include "dataplane/dp_config.h"

#include <stdio.h>

#include <rte_ether.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#define CACHE_PKTS 256U
/* Rings to and from the host path, bursts under way, caches of the worker and a peer's worker. */
#define RESERVE_PKTS 4096U

/* Owner: the control thread. At most two generations of every router wait at a time. */
static struct rte_mempool *retired[2 * DP_ROUTERS_MAX];

static uint16_t data_room_bytes(uint16_t mtu)
{
	unsigned frame_bytes = mtu + RTE_ETHER_HDR_LEN + 2 * RTE_VLAN_HLEN;
	unsigned room = frame_bytes < RTE_MBUF_DEFAULT_DATAROOM ? RTE_MBUF_DEFAULT_DATAROOM
								: RTE_ALIGN(frame_bytes, 64);

	return (uint16_t)(room + RTE_PKTMBUF_HEADROOM);
}

uint32_t pool_size_pkts(unsigned n_ports, uint32_t kept_pkts)
{
	uint32_t needed = RESERVE_PKTS + n_ports * 4 * POOL_QUEUE_DESC + kept_pkts;

	return rte_align32pow2(needed) - 1;
}

uint64_t pool_bytes(uint32_t size_pkts, uint16_t mtu)
{
	uint64_t per_pkt = sizeof(struct rte_mbuf) + data_room_bytes(mtu) +
			   sizeof(struct rte_mempool_objhdr) + RTE_CACHE_LINE_SIZE;

	/* the ring of free packets, and an eighth for pages that packets do not fill */
	return (size_pkts + 1) * (per_pkt + sizeof(void *)) * 9 / 8;
}

struct rte_mempool *pool_create(const char *router, uint32_t size_pkts, uint16_t mtu)
{
	static unsigned serial;
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "p%u_%.16s", serial++, router);
	return rte_pktmbuf_pool_create(name, size_pkts, CACHE_PKTS, 0, data_room_bytes(mtu),
				       (int)rte_socket_id());
}

static void pool_free_if_complete(struct rte_mempool **pool)
{
	if (*pool == NULL || rte_mempool_avail_count(*pool) < (*pool)->size)
		return;
	rte_mempool_free(*pool);
	*pool = NULL;
}

void pool_retire(struct rte_mempool *pool)
{
	unsigned i;

	for (i = 0; i < RTE_DIM(retired); i++) {
		if (retired[i] != NULL)
			continue;
		retired[i] = pool;
		pool_free_if_complete(&retired[i]);
		return;
	}
}

void pool_reclaim(void)
{
	unsigned i;

	for (i = 0; i < RTE_DIM(retired); i++)
		pool_free_if_complete(&retired[i]);
}
