#include "dataplane/port_groups.h"

#include <string.h>

#include <rte_ethdev.h>

/* Heard from the start, before anybody in the namespace asks. */
static const uint8_t always[][RTE_ETHER_ADDR_LEN] = {
	{ 0x01, 0x00, 0x5e, 0x00, 0x00, 0x01 }, /* all hosts (RFC 1112) */
	{ 0x01, 0x00, 0x5e, 0x00, 0x00, 0x05 }, /* OSPF (RFC 2328) */
	{ 0x01, 0x00, 0x5e, 0x00, 0x00, 0x06 },
	{ 0x33, 0x33, 0x00, 0x00, 0x00, 0x01 }, /* all nodes (RFC 2464, RFC 4291) */
};

static unsigned group_add(uint8_t (*groups)[RTE_ETHER_ADDR_LEN], unsigned n, const uint8_t *group)
{
	for (unsigned i = 0; i < n; i++)
		if (memcmp(groups[i], group, RTE_ETHER_ADDR_LEN) == 0)
			return n;
	memcpy(groups[n], group, RTE_ETHER_ADDR_LEN);
	return n + 1;
}

bool port_groups_follow(struct port *port)
{
	uint8_t joined[PORT_GROUPS_MAX][RTE_ETHER_ADDR_LEN];
	uint8_t groups[PORT_GROUPS_MAX + RTE_DIM(always)][RTE_ETHER_ADDR_LEN];
	unsigned n_joined = twin_groups_get(&port->twin, joined, PORT_GROUPS_MAX), n = 0;

	for (unsigned i = 0; i < RTE_DIM(always); i++)
		n = group_add(groups, n, always[i]);
	for (unsigned i = 0; i < n_joined && n < PORT_GROUPS_MAX; i++)
		n = group_add(groups, n, joined[i]);
	if (n == port->n_groups && memcmp(groups, port->groups, n * sizeof(groups[0])) == 0)
		return true;
	_Static_assert(sizeof(struct rte_ether_addr) == sizeof(groups[0]), "an array of addresses");
	memcpy(port->groups, groups, n * sizeof(groups[0]));
	port->n_groups = n;
	return rte_eth_dev_set_mc_addr_list(port->device.eth_id,
					    (struct rte_ether_addr *)port->groups, n) == 0;
}
