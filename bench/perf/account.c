#include "bench/perf/account.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Extended numbers start here, so that one below the first that arrived is not negative. */
#define BASE (1ULL << 32)
#define WORDS (PERF_ACCOUNT_WINDOW / 64)

int perf_account_init(struct perf_account *account, uint32_t flows)
{
	*account = (struct perf_account){ .flows = 1 };
	account->window = calloc(WORDS, sizeof(*account->window));
	if (!account->window)
		return -ENOMEM;
	if (flows > 1 && flows <= PERF_ACCOUNT_MAX_FLOWS) {
		account->flow_highest = calloc(flows, sizeof(*account->flow_highest));
		if (!account->flow_highest) {
			perf_account_fini(account);
			return -ENOMEM;
		}
		account->flows = flows;
	}
	return 0;
}

void perf_account_fini(struct perf_account *account)
{
	free(account->window);
	free(account->flow_highest);
	account->window = NULL;
	account->flow_highest = NULL;
}

static bool test_and_set(struct perf_account *account, uint64_t number)
{
	uint64_t *word = &account->window[number / 64 % WORDS];
	uint64_t bit = 1ULL << (number % 64);
	bool was_set = (*word & bit) != 0;

	*word |= bit;
	return was_set;
}

/* Forgets the numbers that leave the window as the highest one moves up to number. */
static void advance(struct perf_account *account, uint64_t number)
{
	uint64_t i = account->highest + 1;

	if (number - account->highest >= PERF_ACCOUNT_WINDOW) {
		memset(account->window, 0, WORDS * sizeof(*account->window));
		i = number + 1;
	}
	for (; i % 64 != 0 && i <= number; i++)
		account->window[i / 64 % WORDS] &= ~(1ULL << (i % 64));
	for (; i + 63 <= number; i += 64)
		account->window[i / 64 % WORDS] = 0;
	for (; i <= number; i++)
		account->window[i / 64 % WORDS] &= ~(1ULL << (i % 64));
	account->highest = number;
}

static enum perf_account_kind judge_order(struct perf_account *account, uint64_t number,
					  uint32_t flow)
{
	uint64_t before = account->highest;

	if (account->flow_highest) {
		uint64_t *highest = &account->flow_highest[flow < account->flows ? flow : 0];

		before = *highest;
		*highest = number > before ? number : before;
	}
	if (number >= before)
		return PERF_ACCOUNT_IN_ORDER;
	account->reordered++;
	if (before - number > account->max_extent)
		account->max_extent = before - number;
	return PERF_ACCOUNT_REORDERED;
}

enum perf_account_kind perf_account_record(struct perf_account *account, uint32_t id, uint32_t flow)
{
	uint64_t number = BASE + id;

	if (account->received++ == 0) {
		account->highest = number;
		account->lowest = number;
	} else {
		int32_t ahead = (int32_t)(id - (uint32_t)account->highest);

		number = account->highest + (uint64_t)(int64_t)ahead;
	}
	if (number > account->highest) {
		advance(account, number);
	} else if (account->highest - number >= PERF_ACCOUNT_WINDOW) {
		account->stale++;
		return PERF_ACCOUNT_STALE;
	}
	if (test_and_set(account, number)) {
		account->duplicates++;
		return PERF_ACCOUNT_DUPLICATE;
	}
	account->unique++;
	if (number < account->lowest)
		account->lowest = number;
	return judge_order(account, number, flow);
}

uint64_t perf_account_missing(const struct perf_account *account)
{
	if (account->received == 0)
		return 0;
	return account->highest - account->lowest + 1 - account->unique;
}

uint64_t perf_account_before_first(const struct perf_account *account)
{
	return account->received == 0 ? 0 : account->lowest - BASE;
}
