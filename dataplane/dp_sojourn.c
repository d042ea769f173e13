#include "dataplane/dp_sojourn.h"

#include "dataplane/clock.h"
#include "dataplane/router.h"

#include <errno.h>

static uint64_t load(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static uint64_t quantile_ns(const struct lat_hist *hist, uint32_t per_million)
{
	return clock_tsc_to_ns(lat_hist_quantile(hist, per_million));
}

static void delay_fill(struct dp_delay *delay, const struct lat_hist *hist)
{
	uint64_t count = lat_hist_count(hist);

	*delay = (struct dp_delay){
		.count = count,
		.min_ns = count == 0 ? 0 : clock_tsc_to_ns(hist->min),
		.mean_ns = count == 0 ? 0 : clock_tsc_to_ns(hist->sum / count),
		.p50_ns = quantile_ns(hist, 500000),
		.p90_ns = quantile_ns(hist, 900000),
		.p99_ns = quantile_ns(hist, 990000),
		.p999_ns = quantile_ns(hist, 999000),
		.p9999_ns = quantile_ns(hist, 999900),
		.p99999_ns = quantile_ns(hist, 999990),
		.max_ns = clock_tsc_to_ns(hist->max),
	};
}

static void delay_read(struct dp_delay *delay, const struct lat_hist *from, uint64_t zeroes)
{
	static struct lat_hist hist; /* control thread only; too large for its stack */

	lat_hist_init(&hist);
	lat_hist_read(&hist, from);
	if (zeroes != 0)
		lat_hist_record(&hist, 0, zeroes);
	delay_fill(delay, &hist);
}

const char *dp_part_name(enum dp_part part)
{
	static const char *const names[DP_PART_COUNT] = {
		[DP_PART_WAIT] = "core",
		[DP_PART_PIPELINE] = "pipeline",
		[DP_PART_SHAPER] = "shaper",
		[DP_PART_TOTAL] = "total",
	};

	return names[part];
}

unsigned dp_sojourn_count(const struct dp_router *router)
{
	return router->sojourn->n_classes;
}

int dp_sojourn_get(const struct dp_router *router, unsigned class_index, struct dp_sojourn *sojourn)
{
	const struct sojourn_class *class;
	uint64_t held_pkts;

	if (class_index >= dp_sojourn_count(router))
		return -ERANGE;
	class = &router->sojourn->classes[class_index];
	*sojourn = (struct dp_sojourn){
		.gap_pkts = load(&class->gap_pkts),
		.queue_pkts = load(&class->queue_pkts),
	};
	held_pkts = lat_hist_count(&class->shaper);
	delay_read(&sojourn->parts[DP_PART_WAIT], &class->wait, 0);
	delay_read(&sojourn->parts[DP_PART_PIPELINE], &class->pipeline, 0);
	delay_read(&sojourn->parts[DP_PART_TOTAL], &class->total, 0);
	/* the worker does not record that nothing was held */
	if (sojourn->parts[DP_PART_TOTAL].count > held_pkts)
		held_pkts = sojourn->parts[DP_PART_TOTAL].count - held_pkts;
	else
		held_pkts = 0;
	delay_read(&sojourn->parts[DP_PART_SHAPER], &class->shaper, held_pkts);
	return 0;
}

uint64_t dp_class_delay_ns(const struct dp_router_config *router, unsigned class_index,
			   unsigned port_index)
{
	const struct dp_port_config *port = &router->ports[port_index];

	if (class_index < router->n_classes) {
		const struct dp_class_config *class = &router->classes[class_index];

		if (class->has_shape && class->shape.delay_ns != 0)
			return class->shape.delay_ns;
		if (class->has_police && class->police.delay_ns != 0)
			return class->police.delay_ns;
	}
	return port->has_shape ? port->shape.delay_ns : 0;
}

void dp_latency_get(const struct dp_router *router, struct dp_latency *latency)
{
	static struct lat_hist hist; /* control thread only; too large for its stack */
	unsigned i;

	lat_hist_init(&hist);
	*latency = (struct dp_latency){ 0 };
	for (i = 0; i < dp_sojourn_count(router); i++) {
		const struct sojourn_class *class = &router->sojourn->classes[i];

		lat_hist_read(&hist, &class->total);
		latency->gap_pkts += load(&class->gap_pkts);
		latency->queue_pkts += load(&class->queue_pkts);
	}
	delay_fill(&latency->sojourn, &hist);
}
