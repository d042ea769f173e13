#include "dataplane/control_look.h"
#include "dataplane/pkt_free.h"
#include "dataplane/punt.h"
#include "dataplane/stage.h"

/*
 * Of the packets beyond the SLA those of routing protocols and ARP go through buckets of their
 * own: a tenant's overload must not take down the tenant's own adjacencies. The policer's verdict
 * on all others needs their length alone.
 *
 * @param excess not in burst->pkts; gets those that are to be dropped
 * @return how many of excess were put back behind the conforming ones of the burst
 */
static __rte_noinline unsigned excess_rescue(struct stage_burst *burst, struct rte_mbuf **excess,
					     unsigned n_excess)
{
	unsigned i, n_dropped = 0;

	for (i = 0; i < n_excess; i++) {
		if (control_look_pkt(excess[i]) &&
		    punt_rescue(burst->port, excess[i], burst->now_tsc))
			burst->pkts[burst->n++] = excess[i];
		else
			excess[n_dropped++] = excess[i];
	}
	return n_excess - n_dropped;
}

static uint64_t pkts_bytes(struct rte_mbuf *const *pkts, unsigned n)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < n; i++)
		bytes += pkts[i]->pkt_len;
	return bytes;
}

/* What the device steers is not in the first queue; without tokens whatever is there is lost. */
static inline bool burst_may_have_control(const struct stage_burst *burst)
{
	bool steered_away = burst->queue == 0 &&
			    __atomic_load_n(&burst->port->steered, __ATOMIC_RELAXED);

	return !steered_away && punt_can_rescue(burst->port, burst->now_tsc);
}

/* What one look at all packets beyond the SLA says of them. */
struct excess_look {
	bool plain;   /* they may go back to the pool as they are */
	bool control; /* some may be control traffic */
};

static inline struct excess_look excess_look_at(const struct stage_burst *burst,
						struct rte_mbuf *const *excess, unsigned n_excess)
{
	const struct rte_mempool *pool = burst->router->pool;
	struct control_look control = control_look_none();
	struct pkt_diff diff = { 0 };

	if (unlikely(!burst_may_have_control(burst))) {
#pragma GCC unroll 4
		for (unsigned i = 0; i < n_excess; i++)
			pkt_diff_add(&diff, excess[i], pool);
		return (struct excess_look){ pkt_diff_is_none(&diff), false };
	}
#pragma GCC unroll 4
	for (unsigned i = 0; i < n_excess; i++) {
		pkt_diff_add(&diff, excess[i], pool);
		control_look_add(&control, excess[i]);
	}
	return (struct excess_look){ pkt_diff_is_none(&diff), control_look_found(&control) };
}

/* excess is the end of burst->pkts, which is not part of the burst any more. */
static void excess_dispose(struct stage_burst *burst, struct rte_mbuf **excess, unsigned n_excess,
			   uint64_t excess_bytes)
{
	struct worker_counters *counters = &burst->port->counters;
	struct excess_look look = excess_look_at(burst, excess, n_excess);
	struct rte_mbuf *searched[PORT_RX_BURST];

	burst->n_rescued = 0;
	if (unlikely(look.control)) {
		memcpy(searched, excess, n_excess * sizeof(excess[0]));
		excess = searched;
		burst->n_rescued = excess_rescue(burst, excess, n_excess);
		n_excess -= burst->n_rescued;
		excess_bytes = pkts_bytes(excess, n_excess);
		counters->control_rescued_pkts += burst->n_rescued;
	}
	counters->police_drop_pkts += n_excess;
	counters->police_drop_bytes += excess_bytes;
	counters->drop_pkts[DP_DROP_POLICED] += n_excess;
	pkt_free_bulk(burst->router->pool, excess, n_excess, look.plain);
}

/* Moves the packets that conform, one bit each, in front of the others. */
static void burst_part(struct stage_burst *burst, uint64_t conforming)
{
	struct rte_mbuf *excess[PORT_RX_BURST];
	unsigned i, n_pass = 0, n_excess = 0;

	for (i = 0; i < burst->n; i++) {
		struct rte_mbuf *pkt = burst->pkts[i];
		unsigned pass = (conforming >> i) & 1;

		/* n_pass <= i: compaction in place never overwrites what is still to be read */
		burst->pkts[n_pass] = pkt;
		excess[n_excess] = pkt;
		n_pass += pass;
		n_excess += 1 - pass;
	}
	memcpy(&burst->pkts[n_pass], excess, n_excess * sizeof(excess[0]));
}

/* Lengths of the packets that conform. */
static uint64_t conforming_bytes(const struct stage_lengths *lengths, uint64_t conforming)
{
	uint64_t bytes = 0;

	for (; conforming != 0; conforming &= conforming - 1)
		bytes += lengths->each_bytes[__builtin_ctzll(conforming)];
	return bytes;
}

/*
 * Takes tokens packet by packet and drops those that do not conform. Mostly these are the last of
 * the burst, and stay where they are. A function of its own: what it needs of the stack is no burden
 * of bursts that conform.
 */
static __rte_noinline void burst_divide(struct stage_burst *burst)
{
	struct port *port = burst->port;
	struct stage_lengths *lengths = &burst->lengths;
	unsigned n_pass, n_excess;
	uint64_t conforming, pass_bytes, excess_bytes;

	conforming = policer_bucket_take_burst(&port->police, &port->police_bucket, burst->now_tsc,
					       lengths->each_bytes, lengths->shortest_bytes,
					       burst->n);
	pass_bytes = conforming_bytes(lengths, conforming);
	excess_bytes = lengths->sum_bytes - pass_bytes;
	n_pass = (unsigned)__builtin_popcountll(conforming);
	n_excess = burst->n - n_pass;
	if (likely((conforming & (conforming + 1)) == 0))
		stage_lengths_cut(lengths, n_pass, (uint32_t)pass_bytes);
	else
		burst_part(burst, conforming);
	burst->n = n_pass;
	port->counters.police_pass_pkts += n_pass;
	port->counters.police_pass_bytes += pass_bytes;
	if (n_excess != 0)
		excess_dispose(burst, &burst->pkts[n_pass], n_excess, excess_bytes);
}

void stage_police(struct stage_burst *burst)
{
	struct port *port = burst->port;
	const struct stage_lengths *lengths = stage_burst_lengths(burst);

	if (!policer_bucket_take_all(&port->police, &port->police_bucket, burst->now_tsc,
				     lengths->sum_bytes, lengths->shortest_bytes, lengths->n)) {
		burst_divide(burst);
		return;
	}
	port->counters.police_pass_pkts += lengths->n;
	port->counters.police_pass_bytes += lengths->sum_bytes;
}
