#ifndef CONTROL_API_ROWS_H
#define CONTROL_API_ROWS_H

/**
 * @file
 * The rows of a "show" reply: a window of them is built, all are counted. Control thread only.
 */

#include <stdbool.h>
#include <stdint.h>

#define CTL_ROWS_KEY_MAX 128

struct json_object;

/** Rows under construction. */
struct ctl_rows {
	struct json_object *array;
	uint64_t offset; /**< rows to skip */
	uint64_t limit;	 /**< rows to build */
	uint64_t seen;	 /**< rows offered so far */
	bool more;	 /**< there are rows behind the window: no further one is needed */
	/** Where the window begins, as an earlier reply said in next_key; NULL: count by offset. */
	const char *key;
	char next_key[CTL_ROWS_KEY_MAX]; /**< of the first row behind the window; "" unknown */
	bool failed;			 /**< memory ran out: the reply must not be sent */
};

/** A JSON object being filled; copied by value. */
struct ctl_json {
	struct json_object *object; /**< NULL after a failure, which every function bears */
	bool *failed;
};

/** Offers a row. @return true when it belongs to the window and ctl_rows_add() must follow */
bool ctl_rows_want(struct ctl_rows *rows);

/** Appends an empty row. */
struct ctl_json ctl_rows_add(struct ctl_rows *rows);

/** Adds a value under a key. */
void ctl_json_u64(struct ctl_json json, const char *key, uint64_t value);
void ctl_json_i64(struct ctl_json json, const char *key, int64_t value);
void ctl_json_bool(struct ctl_json json, const char *key, bool value);
void ctl_json_text(struct ctl_json json, const char *key, const char *text);
void ctl_json_null(struct ctl_json json, const char *key);
void ctl_json_mac(struct ctl_json json, const char *key, const uint8_t mac[6]);

/** Adds an empty object under a key and returns it. */
struct ctl_json ctl_json_child(struct ctl_json json, const char *key);

/** Adds an empty array under a key and returns it; its elements come by the functions below. */
struct ctl_json ctl_json_array(struct ctl_json json, const char *key);
struct ctl_json ctl_json_element(struct ctl_json array);
void ctl_json_element_text(struct ctl_json array, const char *text);

#endif
