#include "dataplane/tx_queue.h"

#include "dataplane/pkt_meta.h"

#include <string.h>

static struct tx_run run_of(const struct rte_mbuf *pkt, uint64_t due_tsc)
{
	uint64_t rx_tsc = pkt_rx_tsc(pkt);

	return (struct tx_run){
		.rx_tsc = rx_tsc,
		/* what the kernel sends is offered by the clock of the turn's begin */
		.due_tsc = due_tsc > rx_tsc ? due_tsc : rx_tsc,
		.wait_tsc = pkt_wait_tsc(pkt),
		.class_index = pkt_class(pkt),
	};
}

void tx_queue_note(struct tx_queue *queue, uint64_t due_tsc)
{
	uint32_t i = queue->n_noted;

	while (i < queue->n) {
		struct tx_run run = run_of(queue->pkts[i], due_tsc);
		uint32_t first = i;

		do
			queue->bytes += queue->pkts[i++]->pkt_len;
		while (i < queue->n && pkt_rx_tsc(queue->pkts[i]) == run.rx_tsc &&
		       pkt_class(queue->pkts[i]) == run.class_index);
		run.n = (uint16_t)(i - first);
		queue->runs[queue->n_runs++] = run;
	}
	queue->n_noted = queue->n;
}

/* Takes sent packets from the front of the runs. */
static void runs_cut(struct tx_queue *queue, uint32_t sent)
{
	uint32_t i = 0;

	while (i < queue->n_runs && sent >= queue->runs[i].n)
		sent -= queue->runs[i++].n;
	queue->n_runs -= i;
	memmove(queue->runs, queue->runs + i, queue->n_runs * sizeof(queue->runs[0]));
	if (queue->n_runs != 0)
		queue->runs[0].n = (uint16_t)(queue->runs[0].n - sent);
}

uint32_t tx_queue_keep(struct tx_queue *queue, uint32_t sent)
{
	uint32_t left = queue->n - sent, left_bytes = 0, bytes = queue->bytes, i;

	memmove(queue->pkts, queue->pkts + sent, left * sizeof(queue->pkts[0]));
	for (i = 0; i < left; i++)
		left_bytes += queue->pkts[i]->pkt_len;
	runs_cut(queue, sent);
	queue->n = queue->n_noted = left;
	queue->bytes = left_bytes;
	queue->waits = true;
	return bytes - left_bytes;
}

uint32_t tx_queue_flush(struct tx_queue *queue)
{
	uint32_t n = queue->n;

	rte_pktmbuf_free_bulk(queue->pkts, n);
	queue->n = queue->n_noted = queue->n_runs = queue->bytes = 0;
	queue->waits = false;
	return n;
}
