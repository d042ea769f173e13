#include "bench/perf/capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int perf_capture_init(struct perf_capture *capture, uint64_t capacity)
{
	*capture = (struct perf_capture){ .capacity = capacity };
	if (capacity == 0)
		return 0;
	capture->records = calloc(capacity, sizeof(*capture->records));
	return capture->records ? 0 : -ENOMEM;
}

void perf_capture_fini(struct perf_capture *capture)
{
	free(capture->records);
	capture->records = NULL;
}

struct perf_record *perf_capture_next(struct perf_capture *capture, const uint8_t *frame,
				      uint32_t frame_bytes)
{
	struct perf_record *record;

	if (capture->count == capture->capacity) {
		capture->missed += capture->capacity != 0;
		return NULL;
	}
	record = &capture->records[capture->count++];
	record->frame_bytes = (uint16_t)frame_bytes;
	record->snap_bytes = (uint8_t)(frame_bytes < PERF_SNAP_BYTES ? frame_bytes
								     : PERF_SNAP_BYTES);
	memcpy(record->snap, frame, record->snap_bytes);
	return record;
}
