#include "dataplane/dp_publish.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>

#define WAIT_POLL_US 20

_Static_assert(RTE_IS_POWER_OF_2(DP_PUBLISH_PENDING_MAX), "the queue wraps by a mask");

/* A deferred call. */
struct deferred {
	union {
		void (*plain)(void *arg);
		void (*item)(void *owner, uint64_t item);
	} fn;
	bool has_item; /* which of the two it is */
	void *arg;
	uint64_t item;
	uint64_t token; /* grace period that has to pass first */
};

struct rte_rcu_qsbr *dp_publish_qsbr;

/* The domain stays while somebody waits in it. Held by dp_publish_fini() and dp_publish_wait(). */
static pthread_mutex_t domain_lock = PTHREAD_MUTEX_INITIALIZER;

/* Everything below belongs to the control thread. */
static struct deferred *queue;
static unsigned queue_head, queue_tail; /* free-running: oldest call, first free place */
static unsigned n_readers_max, n_registered;
static bool registered[DP_PUBLISH_READERS_MAX];

int dp_publish_init(unsigned n_readers)
{
	size_t size;
	int ret;

	if (n_readers == 0 || n_readers > DP_PUBLISH_READERS_MAX)
		return -EINVAL;
	if (dp_publish_qsbr != NULL)
		return -EALREADY;
	queue = calloc(DP_PUBLISH_PENDING_MAX, sizeof(*queue));
	if (queue == NULL)
		return -ENOMEM;
	size = RTE_ALIGN_CEIL(rte_rcu_qsbr_get_memsize(n_readers), RTE_CACHE_LINE_SIZE);
	dp_publish_qsbr = aligned_alloc(RTE_CACHE_LINE_SIZE, size);
	if (dp_publish_qsbr == NULL) {
		ret = -ENOMEM;
		goto free_queue;
	}
	if (rte_rcu_qsbr_init(dp_publish_qsbr, n_readers) != 0) {
		ret = -EINVAL;
		goto free_qsbr;
	}
	n_readers_max = n_readers;
	return 0;

free_qsbr:
	free(dp_publish_qsbr);
	dp_publish_qsbr = NULL;
free_queue:
	free(queue);
	queue = NULL;
	return ret;
}

void dp_publish_fini(void)
{
	if (dp_publish_qsbr == NULL)
		return;
	dp_publish_synchronize();
	pthread_mutex_lock(&domain_lock);
	free(dp_publish_qsbr);
	dp_publish_qsbr = NULL;
	pthread_mutex_unlock(&domain_lock);
	free(queue);
	queue = NULL;
	queue_head = queue_tail = 0;
	n_readers_max = n_registered = 0;
	memset(registered, 0, sizeof(registered));
}

int dp_publish_register(unsigned reader)
{
	if (reader >= n_readers_max)
		return -EINVAL;
	if (registered[reader])
		return -EEXIST;
	if (rte_rcu_qsbr_thread_register(dp_publish_qsbr, reader) != 0)
		return -EINVAL;
	registered[reader] = true;
	n_registered++;
	return 0;
}

int dp_publish_unregister(unsigned reader)
{
	if (reader >= n_readers_max)
		return -EINVAL;
	if (!registered[reader])
		return -ENOENT;
	if (rte_rcu_qsbr_thread_unregister(dp_publish_qsbr, reader) != 0)
		return -EINVAL;
	registered[reader] = false;
	n_registered--;
	return 0;
}

static void run(const struct deferred *call)
{
	if (call->has_item)
		call->fn.item(call->arg, call->item);
	else
		call->fn.plain(call->arg);
}

/* Takes the oldest call off the queue before it runs, because it may defer another one. */
static void run_oldest(void)
{
	struct deferred call = queue[queue_head & (DP_PUBLISH_PENDING_MAX - 1)];

	queue_head++;
	run(&call);
}

static void defer(struct deferred call)
{
	if (n_registered == 0) {
		run(&call);
		return;
	}
	if (dp_publish_pending() >= DP_PUBLISH_PENDING_MAX / 2)
		dp_publish_reclaim();
	if (dp_publish_pending() == DP_PUBLISH_PENDING_MAX)
		dp_publish_synchronize();
	call.token = rte_rcu_qsbr_start(dp_publish_qsbr);
	queue[queue_tail & (DP_PUBLISH_PENDING_MAX - 1)] = call;
	queue_tail++;
}

void dp_publish_defer(void (*fn)(void *arg), void *arg)
{
	defer((struct deferred){ .fn.plain = fn, .arg = arg });
}

void dp_publish_defer_item(void (*fn)(void *owner, uint64_t item), void *owner, uint64_t item)
{
	defer((struct deferred){ .fn.item = fn, .has_item = true, .arg = owner, .item = item });
}

void dp_publish_reclaim(void)
{
	while (queue_head != queue_tail) {
		const struct deferred *oldest = &queue[queue_head & (DP_PUBLISH_PENDING_MAX - 1)];

		if (rte_rcu_qsbr_check(dp_publish_qsbr, oldest->token, false) != 1)
			return;
		run_oldest();
	}
}

void dp_publish_synchronize(void)
{
	unsigned end = queue_tail;

	if (dp_publish_qsbr == NULL)
		return;
	rte_rcu_qsbr_synchronize(dp_publish_qsbr, RTE_QSBR_THRID_INVALID);
	/* Calls that these calls defer are newer than the grace period that has passed. */
	while (queue_head != end)
		run_oldest();
}

void dp_publish_wait(void)
{
	uint64_t token;

	pthread_mutex_lock(&domain_lock);
	if (dp_publish_qsbr != NULL) {
		token = rte_rcu_qsbr_start(dp_publish_qsbr);
		/* Sleeps, because a reader that has lost its CPU comes back after ms. */
		while (rte_rcu_qsbr_check(dp_publish_qsbr, token, false) != 1)
			usleep(WAIT_POLL_US);
	}
	pthread_mutex_unlock(&domain_lock);
}

unsigned dp_publish_pending(void)
{
	return queue_tail - queue_head;
}
