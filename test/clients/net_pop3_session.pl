# One session with Perl's Net::POP3; prints what came back, one fact a line.
# usage: net_pop3_session.pl PORT USER PASSWORD (login | apop)
use strict;
use warnings;
use Net::POP3;
use MIME::Base64 qw(encode_base64);

my ($port, $user, $password, $how) = @ARGV;
my $server = Net::POP3->new('127.0.0.1', Port => $port, Timeout => 20) or die "no connection: $@";
my $capabilities = $server->capa or die 'CAPA failed';
my $count = $how eq 'apop' ? $server->apop($user, $password) : $server->login($user, $password);
defined $count or die 'login failed: ' . $server->message;

sub fact { print join(' ', @_), "\n" }

fact('count', $count + 0);
fact('capabilities', sort keys %$capabilities);
fact('stat', $server->popstat);
my $sizes = $server->list;
fact('list', map { "$_:$sizes->{$_}" } sort { $a <=> $b } keys %$sizes);
my $ids = $server->uidl;
fact('uidl', map { "$_:$ids->{$_}" } sort { $a <=> $b } keys %$ids);
fact('list2', $server->list(2));
fact('uidl2', $server->uidl(2));
for my $number (1 .. $count) {
  fact('message', encode_base64(join('', @{ $server->get($number) }), ''));
}
fact('top', encode_base64(join('', @{ $server->top(1, 1) }), ''));
$server->delete(1) or die 'DELE failed';
fact('get-deleted', defined $server->get(1) ? 'answered' : 'refused');
# reset answers nothing useful of its own; ok() tells the status of the last reply.
$server->reset;
$server->ok or die 'RSET failed';
$server->delete($count) or die 'DELE failed';
$server->quit or die 'QUIT failed';
