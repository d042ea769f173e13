#include "control/conf_read.h"

#include "control/host.h"

#include <errno.h>

int ctl_conf_read(const char *path, enum ctl_judge_as as, struct ctl_conf *conf,
		  struct ctl_errors *errors, struct ctl_errors *notes)
{
	int err = ctl_conf_load(path, conf, errors);
	int check = 0;

	if (err == 0 || err == -EINVAL)
		check = ctl_conf_check(conf, &ctl_host_system, errors, notes);
	if (err == 0 && check == 0)
		check = ctl_judge(conf, as, stdout, errors, notes);
	if (err == -ENOMEM || check == -ENOMEM)
		ctl_errors_add(errors, (struct ctl_src){ .file = path }, "out of memory");
	ctl_errors_sort(errors);
	return err != 0 ? err : check;
}
