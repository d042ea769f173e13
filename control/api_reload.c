#include "control/api_reload.h"

#include "control/api_request.h"
#include "control/api_rows.h"
#include "control/api_show.h"
#include "control/reload.h"

#include <errno.h>
#include <stdio.h>

#include <json-c/json.h>

static void show_routers(struct ctl_json json, const struct ctl_reload *reload)
{
	struct ctl_json array = ctl_json_array(json, "routers");

	for (unsigned i = 0; i < reload->n_rows; i++) {
		struct ctl_json row = ctl_json_element(array);

		ctl_json_text(row, "router", reload->rows[i].router);
		ctl_json_text(row, "result", ctl_reload_result_name(reload->rows[i].result));
		ctl_json_text(row, "what", reload->rows[i].what.text);
	}
}

int ctl_reload_answer(void *arg, struct json_object *request, struct json_object **result,
		      struct dp_why *why)
{
	const struct ctl_api_view *view = arg;
	bool begin = false, failed = false;
	struct ctl_json json = { NULL, &failed };
	int err = ctl_request_bool(request, "begin", &begin, why);

	if (err == 0 && begin)
		err = view->reload_begin(view->reload_arg, why);
	if (err != 0)
		return err;
	json.object = json_object_new_object();
	ctl_json_u64(json, "reloads", view->reload->serial);
	ctl_json_bool(json, "running", view->reload->running);
	ctl_json_bool(json, "succeeded",
		      !view->reload->running && ctl_reload_succeeded(view->reload));
	show_routers(json, view->reload);
	if (!failed) {
		*result = json.object;
		return 0;
	}
	json_object_put(json.object);
	(void)snprintf(why->text, sizeof(why->text), "out of memory");
	return -ENOMEM;
}
