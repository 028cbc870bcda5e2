# perl supervisor.pl PRCTL OWNER PROGRAM ARGUMENTS...
#
# Runs the program and leaves nothing of it: when it ends, on SIGTERM, and when OWNER, which started this, is gone, all
# that it started is killed, whatever session, environment or name it gave itself. To a subreaper the kernel gives every
# orphan below it, so that nothing can leave. Ends with the program's status. PRCTL is the number of prctl(2).
#
# SIGUSR1: ends the orphans that are there, but not those of the run under way: what is younger than the program's
# youngest child.
#
# Ends with 142 when something is left that it may not kill.

use strict;

my ($prctl, $owner, @command) = @ARGV;
my ($set_death_signal, $set_subreaper) = (1, 36);
my $program;
my $something_left = 142;

sub children_of {
	my ($pid) = @_;
	open(my $file, '<', "/proc/$pid/task/$pid/children") or return;
	return split(' ', <$file>);
}

# In ticks since boot; undefined for one that has ended.
sub started {
	my ($pid) = @_;
	open(my $file, '<', "/proc/$pid/stat") or return;
	my ($state, @fields) = split(' ', <$file> =~ s/.*\) //sr);
	return $state eq 'Z' ? undef : $fields[18];
}

sub orphans {
	my @orphans = grep { $_ != $program } children_of($$) or return;
	my ($run) = reverse(grep { defined } map { started($_) } children_of($program));
	return grep { !defined($run) || (started($_) // 0) < $run } @orphans;
}

# Kills them, and waits for what is dying. False when there was none, or none that we may kill.
sub end {
	my @killed = grep { kill('KILL', $_) } @_ or return 0;
	waitpid($_, 0) for @killed;
	return 1;
}

# What is killed leaves us its own children: until there are none.
sub end_orphans {
	while (end(orphans())) { }
}

# A group is killed at once: what starts processes without end does not outrun that. False when something is left.
sub end_all {
	$SIG{TERM} = $SIG{USR1} = 'IGNORE';
	do {
		for my $group (map { getpgrp($_) } children_of($$)) {
			kill('KILL', -$group) if $group > 1 && $group != getpgrp(0);
		}
	} while (end(children_of($$)));
	return !children_of($$);
}

$SIG{TERM} = sub { exit(end_all() ? 143 : $something_left) };
$SIG{USR1} = \&end_orphans;
syscall($prctl, $set_death_signal, 15, 0, 0, 0);
# Where that is forbidden the program runs without us.
syscall($prctl, $set_subreaper, 1, 0, 0, 0) == 0 or exec({ $command[0] } @command) or exit(127);
exit(143) if getppid() != $owner;

$program = fork() // die("no fork: $!\n");
if ($program == 0) {
	$SIG{TERM} = $SIG{USR1} = 'DEFAULT';
	setpgrp(0, 0);
	syscall($prctl, $set_death_signal, 9, 0, 0, 0);
	exec({ $command[0] } @command) or exit(127);
}

# What it reads and prints is its own, and ends with it.
open($_, '+<', '/dev/null') for *STDIN, *STDOUT, *STDERR;
while (waitpid(-1, 0) != $program) { }
my $status = $?;
end_all() or exit($something_left);
exit($status & 127 ? 128 + ($status & 127) : $status >> 8);
