/* Unit test of shaper/pkt_queue.h: many queues over one pool, against arrays. */
#include "shaper/pkt_queue.h"
#include "tests/shaper/port.h"

#define ENTRIES 257U
#define QUEUES 16U

struct reference {
	uint32_t numbers[ENTRIES];
	uint32_t words[ENTRIES];
	uint64_t ticks[ENTRIES];
	uint32_t npkts;
	uint32_t bytes;
};

static void push(struct shaper_pool *pool, struct shaper_queue *queue, struct reference *reference,
		 uint32_t number, uint64_t now_ticks)
{
	uint32_t word = (number * 37 % 9000 + 20) | (number % 3 == 0 ? SHAPER_WORD_ECN : 0);

	shaper_queue_push(pool, queue, (void *)(uintptr_t)number, word, now_ticks);
	reference->numbers[reference->npkts] = number;
	reference->words[reference->npkts] = word;
	reference->ticks[reference->npkts] = now_ticks;
	reference->npkts++;
	reference->bytes += shaper_word_len_bytes(word);
}

static void pop(struct shaper_pool *pool, struct shaper_queue *queue, struct reference *reference,
		uint64_t now_ticks)
{
	assert_int_equal(queue->head_word, reference->words[0]);
	assert_int_equal(shaper_queue_wait_ticks(pool, queue, now_ticks),
			 now_ticks - reference->ticks[0]);
	assert_int_equal((uintptr_t)shaper_queue_pop(pool, queue), reference->numbers[0]);
	reference->bytes -= shaper_word_len_bytes(reference->words[0]);
	reference->npkts--;
	for (uint32_t i = 0; i < reference->npkts; i++) {
		reference->numbers[i] = reference->numbers[i + 1];
		reference->words[i] = reference->words[i + 1];
		reference->ticks[i] = reference->ticks[i + 1];
	}
}

static void queues_keep_their_order(void **state)
{
	static struct shaper_entry entries[ENTRIES];
	static uint32_t free_entries[ENTRIES];
	static uint64_t ticks[ENTRIES];
	static struct reference references[QUEUES];
	struct shaper_queue queues[QUEUES] = { 0 };
	struct shaper_pool pool;
	uint64_t seed = port_seed();
	uint32_t queued = 0, number = 1;

	(void)state;
	shaper_pool_init(&pool, entries, free_entries, ticks, ENTRIES);
	for (uint64_t i = 0; i < port_share(500000); i++) {
		uint32_t q = (uint32_t)port_random_in(&seed, 0, QUEUES - 1);

		/* Drifts between empty and full, and stays at both ends for a while. */
		if (port_random_in(&seed, 0, 99) < (i / 5000 % 2 == 0 ? 60U : 40U)) {
			if (queued == ENTRIES)
				continue;
			push(&pool, &queues[q], &references[q], number++, i);
			queued++;
		} else if (references[q].npkts != 0) {
			pop(&pool, &queues[q], &references[q], i);
			queued--;
		}
		assert_int_equal(queues[q].npkts, references[q].npkts);
		assert_int_equal(queues[q].bytes, references[q].bytes);
		assert_int_equal(pool.nfree, ENTRIES - queued);
	}
}

static void times_are_optional(void **state)
{
	static struct shaper_entry entries[4];
	static uint32_t free_entries[4];
	struct shaper_queue queue = { 0 };
	struct shaper_pool pool;

	(void)state;
	shaper_pool_init(&pool, entries, free_entries, NULL, 4);
	for (uintptr_t i = 1; i <= 4; i++)
		shaper_queue_push(&pool, &queue, (void *)i, (uint32_t)(60 * i), 0);
	assert_int_equal(queue.bytes, 600);
	assert_int_equal(pool.nfree, 0);
	for (uintptr_t i = 1; i <= 4; i++)
		assert_ptr_equal(shaper_queue_pop(&pool, &queue), (void *)i);
	assert_int_equal(queue.bytes, 0);
	assert_int_equal(pool.nfree, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queues_keep_their_order),
		cmocka_unit_test(times_are_optional),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
