#include "dataplane/dp.h"

#include <rte_ethdev.h>

const char *dp_rx_offload_name(uint64_t offload)
{
	return rte_eth_dev_rx_offload_name(offload);
}

const char *dp_tx_offload_name(uint64_t offload)
{
	return rte_eth_dev_tx_offload_name(offload);
}
