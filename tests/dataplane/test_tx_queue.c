/*
 * Packets on their way to the device and the runs beside them. The packets are no more than a
 * length and a receive time.
 */

#include "dataplane/pkt_meta.h"
#include "dataplane/tx_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct rte_mbuf mbufs[TX_QUEUE_PKTS];

static struct rte_mbuf *pkt(uint32_t i, uint64_t rx_tsc)
{
	mbufs[i].pkt_len = 100 + i;
	pkt_rx_tsc_set(&mbufs[i], rx_tsc);
	return &mbufs[i];
}

/* Everything that the queue says of its packets, by looking at each. */
static void assert_consistent(const struct tx_queue *queue)
{
	uint32_t bytes = 0, in_runs = 0, at = 0;

	assert_int_equal(queue->n, queue->n_noted);
	for (uint32_t i = 0; i < queue->n; i++)
		bytes += queue->pkts[i]->pkt_len;
	assert_int_equal(queue->bytes, bytes);
	for (uint32_t run = 0; run < queue->n_runs; run++) {
		assert_true(queue->runs[run].n > 0);
		in_runs += queue->runs[run].n;
		for (uint32_t i = 0; i < queue->runs[run].n; i++, at++)
			assert_int_equal(pkt_rx_tsc(queue->pkts[at]), queue->runs[run].rx_tsc);
	}
	assert_int_equal(in_runs, queue->n);
}

static void append(struct tx_queue *queue, uint32_t first, uint32_t n, uint64_t rx_tsc)
{
	struct rte_mbuf *pkts[TX_QUEUE_PKTS];
	uint32_t bytes = 0;

	for (uint32_t i = 0; i < n; i++) {
		pkts[i] = pkt(first + i, rx_tsc);
		bytes += pkts[i]->pkt_len;
	}
	tx_queue_append(queue, pkts,
			&(struct tx_run){ .rx_tsc = rx_tsc, .due_tsc = rx_tsc, .n = (uint16_t)n },
			bytes);
}

static void bursts_and_single_packets_are_noted(void **state)
{
	static struct tx_queue queue;

	(void)state;
	append(&queue, 0, 32, 7);
	assert_consistent(&queue);
	for (uint32_t i = 0; i < 6; i++)
		queue.pkts[queue.n++] = pkt(32 + i, 10 + i / 3);
	assert_int_equal(queue.n_noted, 32);
	tx_queue_note(&queue, 0);
	assert_int_equal(queue.n_runs, 3);
	assert_consistent(&queue);
	append(&queue, 38, 1, 12);
	assert_consistent(&queue);
	assert_int_equal(tx_queue_room(&queue), TX_QUEUE_PKTS - 39);
}

/* Whatever number the device takes, what is left says the truth. */
static void any_part_may_be_sent(void **state)
{
	(void)state;
	for (uint32_t sent = 0; sent <= 40; sent++) {
		static struct tx_queue queue;
		uint32_t bytes = 0;

		queue = (struct tx_queue){ 0 };
		append(&queue, 0, 10, 1);
		append(&queue, 10, 1, 2);
		append(&queue, 11, 29, 3);
		for (uint32_t i = 0; i < sent; i++)
			bytes += queue.pkts[i]->pkt_len;
		assert_int_equal(tx_queue_advance(&queue, sent), bytes);
		assert_int_equal(queue.n, 40 - sent);
		assert_int_equal(queue.waits, sent != 40);
		if (queue.n != 0)
			assert_ptr_equal(queue.pkts[0], &mbufs[sent]);
		assert_consistent(&queue);
	}
}

static void a_full_queue_of_single_packets_has_room_for_its_runs(void **state)
{
	static struct tx_queue queue;

	(void)state;
	for (uint32_t i = 0; i < TX_QUEUE_PKTS; i++)
		append(&queue, i, 1, i);
	assert_int_equal(tx_queue_room(&queue), 0);
	assert_consistent(&queue);
	tx_queue_advance(&queue, TX_QUEUE_PKTS - 1);
	assert_int_equal(queue.n, 1);
	assert_consistent(&queue);
	tx_queue_advance(&queue, 1);
	assert_int_equal(tx_queue_room(&queue), TX_QUEUE_PKTS);
	assert_false(queue.waits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bursts_and_single_packets_are_noted),
		cmocka_unit_test(any_part_may_be_sent),
		cmocka_unit_test(a_full_queue_of_single_packets_has_room_for_its_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
