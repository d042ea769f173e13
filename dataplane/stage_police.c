#include "dataplane/pkt_free.h"
#include "dataplane/punt.h"
#include "dataplane/stage.h"

/*
 * Of the packets beyond the SLA those of routing protocols and ARP go through buckets of their
 * own: a tenant's overload must not take down the tenant's own adjacencies. Only these packets'
 * first bytes are looked at; the policer's verdict on all others needs their length alone.
 *
 * @return how many of excess were put back behind the conforming ones of the burst
 */
static unsigned excess_rescue(struct stage_burst *burst, struct rte_mbuf **excess,
			      unsigned n_excess)
{
	unsigned i, n_dropped = 0;

	for (i = 0; i < n_excess; i++) {
		if (punt_may_be_control(excess[i]) &&
		    punt_rescue(burst->port, excess[i], burst->now_tsc))
			burst->pkts[burst->n++] = excess[i];
		else
			excess[n_dropped++] = excess[i];
	}
	return n_excess - n_dropped;
}

static void excess_dispose(struct stage_burst *burst, struct rte_mbuf **excess, unsigned n_excess)
{
	struct worker_counters *counters = &burst->port->counters;
	unsigned rescued = excess_rescue(burst, excess, n_excess);
	unsigned n_dropped = n_excess - rescued, i;
	uint64_t bytes = 0;

	for (i = 0; i < n_dropped; i++)
		bytes += excess[i]->pkt_len;
	burst->n_rescued = rescued;
	counters->control_rescued_pkts += rescued;
	counters->police_drop_pkts += n_dropped;
	counters->police_drop_bytes += bytes;
	counters->drop_pkts[DP_DROP_POLICED] += n_dropped;
	pkt_free_bulk(burst->router->pool, excess, n_dropped);
}

/* Takes tokens packet by packet and parts those that conform from the others. */
static void burst_divide(struct stage_burst *burst, const uint32_t *len_bytes)
{
	struct port *port = burst->port;
	struct rte_mbuf *excess[PORT_RX_BURST];
	uint64_t conforming, pass_bytes = 0;
	unsigned i, n_pass = 0, n_excess = 0;

	conforming = policer_bucket_take_burst(&port->police, &port->police_bucket, burst->now_tsc,
					       len_bytes, burst->n);
	for (i = 0; i < burst->n; i++) {
		struct rte_mbuf *pkt = burst->pkts[i];
		unsigned pass = (conforming >> i) & 1;

		/* n_pass <= i: compaction in place never overwrites what is still to be read */
		burst->pkts[n_pass] = pkt;
		excess[n_excess] = pkt;
		n_pass += pass;
		n_excess += 1 - pass;
		pass_bytes += pass ? len_bytes[i] : 0;
	}
	burst->n = n_pass;
	port->counters.police_pass_pkts += n_pass;
	port->counters.police_pass_bytes += pass_bytes;
	if (n_excess != 0)
		excess_dispose(burst, excess, n_excess);
}

void stage_police(struct stage_burst *burst)
{
	struct port *port = burst->port;
	const struct stage_lengths *lengths = stage_burst_lengths(burst);

	if (!policer_bucket_take_all(&port->police, &port->police_bucket, burst->now_tsc,
				     lengths->sum_bytes, lengths->shortest_bytes, lengths->n)) {
		burst_divide(burst, lengths->each_bytes);
		return;
	}
	port->counters.police_pass_pkts += lengths->n;
	port->counters.police_pass_bytes += lengths->sum_bytes;
}
