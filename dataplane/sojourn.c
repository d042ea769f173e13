#include "dataplane/sojourn.h"

#include <rte_common.h>
#include <rte_malloc.h>

static const struct gap_log no_gaps;

uint64_t sojourn_bytes(unsigned n_classes)
{
	return sizeof(struct sojourn) + n_classes * sizeof(struct sojourn_class);
}

struct sojourn *sojourn_create(unsigned n_classes)
{
	struct sojourn *sojourn = rte_zmalloc("sojourn", sojourn_bytes(n_classes),
					      RTE_CACHE_LINE_SIZE);
	unsigned i;

	if (sojourn == NULL)
		return NULL;
	sojourn->gaps = &no_gaps;
	sojourn->n_classes = n_classes;
	for (i = 0; i < n_classes; i++) {
		lat_hist_init(&sojourn->classes[i].wait);
		lat_hist_init(&sojourn->classes[i].pipeline);
		lat_hist_init(&sojourn->classes[i].shaper);
		lat_hist_init(&sojourn->classes[i].total);
	}
	return sojourn;
}

void sojourn_destroy(struct sojourn *sojourn)
{
	rte_free(sojourn);
}

void sojourn_late_add(struct sojourn *sojourn, const struct sojourn_run *run, uint64_t bound_tsc,
		      uint64_t behind_tsc, uint64_t busy_lost_tsc)
{
	uint64_t came_tsc = run->rx_tsc - run->wait_tsc;

	/* without a worker nobody settles; then there are no gaps to wait for either */
	if (sojourn->n_late == SOJOURN_LATE_RUNS)
		sojourn_late_settle(sojourn);
	sojourn->late[sojourn->n_late++] = (struct sojourn_late){
		.lost_before_tsc = RTE_MIN(busy_lost_tsc,
					   gap_log_before(sojourn->gaps, behind_tsc)),
		.left_tsc = run->left_tsc,
		.beyond_tsc = run->left_tsc - came_tsc - bound_tsc,
		.n = run->n,
		.class_index = run->class_index,
	};
}

void sojourn_late_settle(struct sojourn *sojourn)
{
	uint32_t i;

	for (i = 0; i < sojourn->n_late; i++) {
		const struct sojourn_late *late = &sojourn->late[i];
		struct sojourn_class *class = &sojourn->classes[late->class_index];
		uint64_t lost_tsc = gap_log_before(sojourn->gaps, late->left_tsc) -
				    late->lost_before_tsc;

		if (lost_tsc >= late->beyond_tsc)
			class->gap_pkts += late->n;
		else
			class->queue_pkts += late->n;
	}
	sojourn->n_late = 0;
}
