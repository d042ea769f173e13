#include "dataplane/trunk.h"

#include "dataplane/port.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_bus_vdev.h>
#include <rte_byteorder.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_ring.h>

/* In a turn the owner puts one burst in, and the member takes one out. */
#define RING_PKTS (2 * PORT_RX_BURST)
#define VLAN_ID_MASK 0x0fffU

int trunk_create(struct port *owner, uint16_t vlan)
{
	struct trunk *trunk = rte_zmalloc("trunk", sizeof(*trunk), RTE_CACHE_LINE_SIZE);

	if (trunk == NULL)
		return -ENOMEM;
	memset(trunk->member_of, TRUNK_NOBODY, sizeof(trunk->member_of));
	trunk->eth_id = owner->device.eth_id;
	trunk->members[0] = owner;
	trunk->n_members = 1;
	trunk->member_of[vlan] = 0;
	owner->trunk = trunk;
	owner->tag_be = rte_cpu_to_be_32((uint32_t)RTE_ETHER_TYPE_VLAN << 16 | vlan);
	return 0;
}

static int ring_start(uint16_t eth_id, struct rte_mempool *pool)
{
	static const struct rte_eth_conf conf;
	int err = rte_eth_dev_configure(eth_id, 1, 1, &conf);

	err = err != 0 ? err : rte_eth_rx_queue_setup(eth_id, 0, 0, rte_socket_id(), NULL, pool);
	err = err != 0 ? err : rte_eth_tx_queue_setup(eth_id, 0, 0, rte_socket_id(), NULL);
	return err != 0 ? err : rte_eth_dev_start(eth_id);
}

static void ring_free(struct rte_ring *ring, uint16_t eth_id)
{
	char name[RTE_ETH_NAME_MAX_LEN];
	void *pkt;

	rte_eth_dev_stop(eth_id);
	if (rte_eth_dev_get_name_by_port(eth_id, name) == 0)
		rte_vdev_uninit(name);
	while (rte_ring_dequeue(ring, &pkt) == 0)
		rte_pktmbuf_free(pkt);
	rte_ring_free(ring);
}

int trunk_join(struct trunk *trunk, struct port *port, uint16_t vlan, struct rte_mempool *pool)
{
	static unsigned serial;
	unsigned place = trunk->n_members;
	char name[RTE_RING_NAMESIZE];
	int id, err;

	snprintf(name, sizeof(name), "sl_vlan%u", serial++);
	trunk->rings[place] = rte_ring_create(name, RING_PKTS, (int)rte_socket_id(),
					      RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (trunk->rings[place] == NULL)
		return -ENOMEM;
	id = rte_eth_from_rings(name, &trunk->rings[place], 1, &trunk->rings[place], 1,
				rte_socket_id());
	if (id < 0) {
		rte_ring_free(trunk->rings[place]);
		return -ENOMEM;
	}
	err = ring_start((uint16_t)id, pool);
	if (err != 0) {
		ring_free(trunk->rings[place], (uint16_t)id);
		return err;
	}
	port->eth_id = (uint16_t)id;
	port->trunk = trunk;
	port->tag_be = rte_cpu_to_be_32((uint32_t)RTE_ETHER_TYPE_VLAN << 16 | vlan);
	trunk->members[place] = port;
	trunk->member_of[vlan] = (uint8_t)place;
	trunk->n_members++;
	return 0;
}

void trunk_leave(struct port *port)
{
	struct trunk *trunk = port->trunk;
	unsigned place = 0;

	port->trunk = NULL;
	while (place < trunk->n_members && trunk->members[place] != port)
		place++;
	trunk->members[place] = NULL;
	if (trunk->rings[place] != NULL)
		ring_free(trunk->rings[place], port->eth_id);
	trunk->rings[place] = NULL;
	for (unsigned i = 0; i < trunk->n_members; i++)
		if (trunk->members[i] != NULL)
			return;
	rte_free(trunk);
}

/* Drivers that take tags off by themselves say so; both are told apart for each packet. */
static uint8_t member_of(const struct trunk *trunk, const struct rte_mbuf *pkt)
{
	const struct rte_vlan_hdr *tag = rte_pktmbuf_mtod_offset(pkt, const struct rte_vlan_hdr *,
								 RTE_ETHER_HDR_LEN);
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(pkt, const struct rte_ether_hdr *);

	if ((pkt->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0)
		return trunk->member_of[pkt->vlan_tci & VLAN_ID_MASK];
	if (pkt->data_len < RTE_ETHER_HDR_LEN + sizeof(*tag) ||
	    eth->ether_type != RTE_BE16(RTE_ETHER_TYPE_VLAN))
		return TRUNK_NOBODY;
	return trunk->member_of[rte_be_to_cpu_16(tag->vlan_tci) & VLAN_ID_MASK];
}

static void tag_pop(struct rte_mbuf *pkt)
{
	char *frame = rte_pktmbuf_mtod(pkt, char *);

	memmove(frame + TRUNK_TAG_BYTES, frame, 2 * RTE_ETHER_ADDR_LEN);
	rte_pktmbuf_adj(pkt, TRUNK_TAG_BYTES);
}

static void tag_push(struct rte_mbuf *pkt, uint32_t tag_be)
{
	char *frame;

	/* a packet has at least the headroom that its receiver or the host path left */
	pkt->data_off = (uint16_t)(pkt->data_off - TRUNK_TAG_BYTES);
	pkt->data_len = (uint16_t)(pkt->data_len + TRUNK_TAG_BYTES);
	pkt->pkt_len += TRUNK_TAG_BYTES;
	frame = rte_pktmbuf_mtod(pkt, char *);
	memmove(frame, frame + TRUNK_TAG_BYTES, 2 * RTE_ETHER_ADDR_LEN);
	memcpy(frame + 2 * RTE_ETHER_ADDR_LEN, &tag_be, sizeof(tag_be));
}

unsigned trunk_receive(struct trunk *trunk, struct rte_mbuf **pkts, unsigned n, unsigned *n_mine)
{
	struct rte_mbuf *nobodys[PORT_RX_BURST];
	unsigned mine = 0, strange = 0;

	for (unsigned i = 0; i < n; i++) {
		struct rte_mbuf *pkt = pkts[i];
		uint8_t member = member_of(trunk, pkt);

		if (member != TRUNK_NOBODY && (pkt->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) == 0)
			tag_pop(pkt);
		if (member == 0)
			pkts[mine++] = pkt;
		else if (member == TRUNK_NOBODY ||
			 rte_ring_sp_enqueue(trunk->rings[member], pkt) != 0)
			nobodys[strange++] = pkt;
	}
	memcpy(&pkts[mine], nobodys, strange * sizeof(nobodys[0]));
	*n_mine = mine;
	return mine + strange;
}

unsigned trunk_transmit(const struct port *port, struct rte_mbuf **pkts, unsigned n)
{
	unsigned sent;

	for (unsigned i = 0; i < n; i++)
		tag_push(pkts[i], port->tag_be);
	sent = rte_eth_tx_burst(port->trunk->eth_id, 0, pkts, (uint16_t)n);
	for (unsigned i = sent; i < n; i++)
		tag_pop(pkts[i]);
	return sent;
}
