#include "bench/stats.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <x86intrin.h>

#define GAP_S 1e-3
#define CALIBRATION_NS 50000000ULL

uint64_t bench_tsc(void)
{
	unsigned cpu;
	uint64_t tsc = __rdtscp(&cpu);

	_mm_lfence();
	return tsc;
}

static uint64_t raw_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

uint64_t bench_tsc_hz(void)
{
	static uint64_t hz;
	uint64_t ns, tsc;

	if (hz != 0)
		return hz;
	ns = raw_ns();
	tsc = bench_tsc();
	while (raw_ns() - ns < CALIBRATION_NS)
		;
	hz = (uint64_t)((double)(bench_tsc() - tsc) * 1e9 / (double)(raw_ns() - ns));
	return hz;
}

static int compare_doubles(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

double bench_median(double *values, unsigned count)
{
	qsort(values, count, sizeof(*values), compare_doubles);
	return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* One leg: TSC cycles per operation of its median chunk. */
static double leg_cost(const struct bench_case *side, const struct bench_plan *plan, bool *gap)
{
	double chunk_tsc[BENCH_MAX_CHUNKS];
	double median;

	for (unsigned i = 0; i < plan->chunks; i++) {
		uint64_t start = bench_tsc();
		uint64_t used = side->run(side->ctx, plan->ops);

		__asm__ volatile("" : : "r"(used));
		chunk_tsc[i] = (double)(bench_tsc() - start);
	}
	median = bench_median(chunk_tsc, plan->chunks);
	if (chunk_tsc[plan->chunks - 1] - median > GAP_S * (double)bench_tsc_hz())
		*gap = true;
	return median / plan->ops;
}

struct bench_result bench_compare(const struct bench_case *a, const struct bench_case *b,
				  const struct bench_plan *plan)
{
	static double a_tsc[BENCH_MAX_ROUNDS], b_tsc[BENCH_MAX_ROUNDS], ratio[BENCH_MAX_ROUNDS];
	struct bench_result result = { .rounds = 0 };
	bool warm_up = false;
	unsigned n = 0, half_width;

	(void)bench_tsc_hz();
	leg_cost(a, plan, &warm_up);
	leg_cost(b, plan, &warm_up);
	for (unsigned round = 0; round < plan->rounds; round++) {
		bool gap = false;
		double cost_a = leg_cost(a, plan, &gap);
		double cost_b = leg_cost(b, plan, &gap);

		cost_b += leg_cost(b, plan, &gap);
		cost_a += leg_cost(a, plan, &gap);
		if (gap) {
			result.discarded++;
			continue;
		}
		a_tsc[n] = cost_a / 2;
		b_tsc[n] = cost_b / 2;
		ratio[n++] = cost_a / cost_b;
	}
	result.rounds = n;
	if (n == 0)
		return result;
	result.ratio = bench_median(ratio, n);
	result.a_tsc = bench_median(a_tsc, n);
	result.b_tsc = bench_median(b_tsc, n);
	/* Ranks n/2 -+ 1.96 sqrt(n)/2, outwards: normal form of the sign test's interval. */
	half_width = (unsigned)ceil(0.98 * sqrt(n)) + 1;
	result.ratio_low = ratio[n / 2 > half_width ? n / 2 - half_width : 0];
	result.ratio_high = ratio[n / 2 + half_width < n ? n / 2 + half_width : n - 1];
	return result;
}

int bench_report_open(struct bench_report *report, int argc, char **argv, const char *title)
{
	*report = (struct bench_report){ .first = true };
	if (argc == 3 && strcmp(argv[1], "--json") == 0) {
		report->json = fopen(argv[2], "w");
		if (report->json == NULL) {
			int err = errno;

			fprintf(stderr, "cannot write %s: %s\n", argv[2], strerror(err));
			return -err;
		}
		fprintf(report->json, "{\"title\": \"%s\", \"tsc_hz\": %llu, \"rows\": [", title,
			(unsigned long long)bench_tsc_hz());
	} else if (argc != 1) {
		fprintf(stderr, "usage: %s [--json FILE]\n", argv[0]);
		return -EINVAL;
	}
	printf("%s; cycles of a TSC at %.6f GHz per operation\n", title,
	       (double)bench_tsc_hz() / 1e9);
	printf("%-34s %7s   %-30s %7s  %-28s %s\n", "A", "cycles", "B", "cycles",
	       "A/B median [95 % interval]", "rounds (discarded)");
	return 0;
}

static void json_separator(struct bench_report *report)
{
	fputs(report->first ? "\n" : ",\n", report->json);
	report->first = false;
}

void bench_report_add(struct bench_report *report, const struct bench_case *a,
		      const struct bench_case *b, const struct bench_result *result)
{
	printf("%-34s %7.2f   %-30s %7.2f  %5.3f [%5.3f, %5.3f] %17u (%u)\n", a->name,
	       result->a_tsc, b->name, result->b_tsc, result->ratio, result->ratio_low,
	       result->ratio_high, result->rounds, result->discarded);
	if (report->json == NULL)
		return;
	json_separator(report);
	fprintf(report->json,
		"{\"a\": \"%s\", \"a_tsc\": %.3f, \"b\": \"%s\", \"b_tsc\": %.3f, \"ratio\": %.4f,"
		" \"ratio_low\": %.4f, \"ratio_high\": %.4f, \"rounds\": %u, \"discarded\": %u}",
		a->name, result->a_tsc, b->name, result->b_tsc, result->ratio, result->ratio_low,
		result->ratio_high, result->rounds, result->discarded);
}

void bench_report_value(struct bench_report *report, const char *name, double value,
			const char *unit)
{
	printf("%-44s %14.6g %s\n", name, value, unit);
	if (report->json == NULL)
		return;
	json_separator(report);
	fprintf(report->json, "{\"name\": \"%s\", \"value\": %.9g, \"unit\": \"%s\"}", name, value,
		unit);
}

int bench_report_close(struct bench_report *report)
{
	if (report->json == NULL)
		return 0;
	fputs("\n]}\n", report->json);
	if (fclose(report->json) != 0)
		return -errno;
	return 0;
}
