#include "dataplane/gap_log.h"

void gap_log_add(struct gap_log *log, uint64_t begin_tsc, uint64_t end_tsc, uint64_t lost_tsc)
{
	uint32_t i = log->n++ % GAP_LOG_GAPS;

	log->gaps[i].begin_tsc = begin_tsc;
	log->gaps[i].end_tsc = end_tsc;
	log->gaps[i].lost_tsc = lost_tsc;
	__atomic_store_n(&log->lost_tsc, log->lost_tsc + lost_tsc, __ATOMIC_RELAXED);
}

uint64_t gap_log_before(const struct gap_log *log, uint64_t tsc)
{
	uint64_t before_tsc = log->lost_tsc;
	uint32_t known = log->n < GAP_LOG_GAPS ? log->n : GAP_LOG_GAPS, i;

	for (i = 0; i < known; i++) {
		uint32_t at = (log->n - 1 - i) % GAP_LOG_GAPS;
		uint64_t begin_tsc = log->gaps[at].begin_tsc, lost_tsc = log->gaps[at].lost_tsc;
		uint64_t fits_tsc;

		if ((int64_t)(log->gaps[at].end_tsc - tsc) <= 0)
			break;
		fits_tsc = (int64_t)(tsc - begin_tsc) > 0 ? tsc - begin_tsc : 0;
		before_tsc -= lost_tsc > fits_tsc ? lost_tsc - fits_tsc : 0;
	}
	return before_tsc;
}
