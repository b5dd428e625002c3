#!/usr/bin/perl
# A client of xmlchat with XML::LibXML; § is a section of schema/PROTOCOL.md. ../README.md says what it does.
use v5.32;
use warnings;
use Encode qw(decode FB_CROAK LEAVE_SRC);
use Getopt::Long;
use IO::Select;
use IO::Socket::IP;
use Socket qw(IPPROTO_TCP MSG_NOSIGNAL TCP_NODELAY);
use Unicode::Normalize qw(NFC);
use XML::LibXML;

use constant {LEFT => 0, USAGE => 2, UNREACHABLE => 69, PROTOCOL => 76, REFUSED => 77};
use constant {NAMESPACE => 'urn:xmlchat:1', MAX_SERVER_DOCUMENT => 1_048_576};    # octets, §2.3

# The conversation of §4.1, and what the server may say in each of its states.
my $DATA     = 'ok error broadcast direct users rooms page blocks sanctions resumed notice ping pong bye';
my %MAY_COME = (
    opened  => 'greeting error bye',
    greeted => 'prompt welcome error notice ping pong bye',
    active  => $DATA,
    leaving => "prompt welcome $DATA",
);

# What §3.2 refuses under 8: comments, instructions, xsi, too deep, too many attributes or elements.
my $FORBIDDEN = XML::LibXML::XPathExpression->new(q{boolean(//comment() | //processing-instruction()
    | //@*[namespace-uri() = 'http://www.w3.org/2001/XMLSchema-instance']
    | //*[count(ancestor::*) > 15 or count(@*) > 32] | (//*)[25001])});

sub finish {
    my ($status, $sentence) = @_;
    print STDERR 'chat: ', harmless($sentence), "\n" if $status != LEFT;
    exit $status;
}

# For a terminal, §11.3.
sub harmless { return $_[0] =~ s/\s+\z//r =~ s/[^ -~]+/ /gr }

my %option = (host => '127.0.0.1', port => 7700, schema => '../../../schema/chat.xsd');
GetOptions(\%option, 'host=s', 'port=i', 'user=s', 'register', 'schema=s', 'null')
    && defined $option{user} && !@ARGV && $option{port} >= 0 && $option{port} <= 65_535
    or finish(USAGE, '[--host HOST] [--port PORT] --user NAME [--register] [--schema FILE] [--null]');
# Not from the command line, which others can see; in normalisation form C (§11.2).
my $password = $ENV{XMLCHAT_PASSWORD} // finish(USAGE, 'Put your password into the variable XMLCHAT_PASSWORD.');
$password = NFC(eval { decode('UTF-8', $password, FB_CROAK) } // finish(USAGE, 'The password is not UTF-8.'));

my $schema = eval { XML::LibXML::Schema->new(location => $option{schema}) }
    or finish(USAGE, "The schema cannot be read: $@");
my $parser = XML::LibXML->new(no_network => 1, load_ext_dtd => 0, expand_entities => 0, no_cdata => 1);

my $connection = IO::Socket::IP->new(PeerHost => $option{host}, PeerService => $option{port}, Timeout => 10)
    or finish(UNREACHABLE, "Nobody answers at $option{host}:$option{port}.");
$connection->blocking(1);
$connection->setsockopt(IPPROTO_TCP, TCP_NODELAY, 1);
say STDERR 'chat: The connection is not encrypted: your password can be read on the way.'    # §11.2
    if $connection->peerhost !~ /^(?:127\.|::1$)/;

$| = 1;
my ($state, $last_id, $login_id, $ex_id) = ('opened', 0, 0, 0);
my ($received, $typed, $silence, $heard) = ('', '', 30, time);
my $line_end = $option{null} ? "\0" : "\n";
my $select   = IO::Select->new($connection);

while (1) {
    my @ready = $select->can_read($heard + $silence - time);
    finish(UNREACHABLE, "Nothing has come for $silence seconds.") if time >= $heard + $silence;
    for my $one (@ready) {
        if ($one == $connection) {
            sysread $connection, $received, 65_536, length $received
                or finish(UNREACHABLE, $received eq '' ? 'The server has gone away.' : 'It went away in a frame.');
            $heard = time;
            while (defined(my $octets = next_frame())) { receive($octets) }
        }
        else {
            my $more = sysread STDIN, $typed, 65_536, length $typed;
            obey($1) while $state eq 'active' && $typed =~ s/\A(.*?)$line_end//s;
            next if $more;
            obey($typed) if $state eq 'active' && $typed ne '';
            leave()      if $state eq 'active';
            $select->remove(\*STDIN);
        }
    }
}

# One read may give several frames or a part of one, §2.2. The length includes its own 4 octets, §2.1.
sub next_frame {
    return if length $received < 4;
    my $length = unpack 'N', $received;
    finish(PROTOCOL, "No frame has a length of $length.") if $length < 5 || $length > MAX_SERVER_DOCUMENT + 4;
    return if length $received < $length;
    return substr substr($received, 0, $length, ''), 4;
}

sub receive {
    my ($octets) = @_;
    my $document = eval { checked($octets) } // finish(PROTOCOL, "The server sent what is not valid: $@");
    my $root = $document->documentElement;
    my $name = $root->localname;
    finish(PROTOCOL, "The server may not send '$name' now.") if " $MAY_COME{$state} " !~ / $name /;

    # One line, and ASCII: no text can do anything to a terminal, §11.3.
    $document->setEncoding('US-ASCII');
    my $line = $document->toString =~ s/\A<\?.*?\?>\n//r =~ s/\n\z//r;
    say $line =~ s/([\n\x7f])/'&#' . ord($1) . ';'/egr;
    take($name, $root);
}

# The document in these octets. Dies of all that §3.2 refuses.
sub checked {
    my ($octets) = @_;
    die "a byte order mark, or not UTF-8\n" if $octets =~ /\A[\x80-\xff]|\0/;
    my $document = $parser->load_xml(string => $octets);
    die "a document type declaration\n" if $document->internalSubset;                            # §11.4
    die "not XML 1.0 in UTF-8\n" if $document->version ne '1.0' || uc($document->encoding // 'UTF-8') ne 'UTF-8';
    die "a comment, an instruction, xsi, or too much\n" if $document->findvalue($FORBIDDEN) eq 'true';
    $schema->validate($document);
    return $document;
}

# Does what a document from the server asks for.
sub take {
    my ($name, $root) = @_;
    my $re = $root->getAttribute('re') // '';
    if ($name eq 'greeting') {    # Only now may the client speak, §4.1; the login is that of §4.3.
        $state = 'greeted';

        # A server that lives says something within so many seconds: it pings whoever says nothing, §4.6.
        $silence = $root->findvalue('*[local-name() = "limit" and @name = "ping"]/@value') || $silence;
        $login_id = ++$last_id;
        my @attributes = (id => $login_id, name => $option{user}, minor => 0);
        push @attributes, register => 'true' if $option{register};
        eval { send_document('login', [password => $password], @attributes); 1 }
            or finish(USAGE, "This name or password cannot be sent: $@");
    }
    elsif ($name eq 'welcome' && $state eq 'greeted') {
        $state = 'active';
        $select->add(\*STDIN);
    }
    elsif ($name eq 'ping') {     # §4.6
        send_document('pong', undef, re => $root->getAttribute('id'));
    }
    elsif ($name eq 'error' && $login_id && $re eq $login_id) {
        finish(REFUSED, 'The login was refused: ' . $root->getAttribute('code') . '.');
    }
    elsif ($name eq 'bye') {      # §4.7
        finish(LEFT) if $ex_id && $re eq $ex_id;
        finish(UNREACHABLE, 'The server has ended the connection: ' . $root->getAttribute('code') . '.');
    }                             # Whatever else was shown asks for nothing. Never answer an error, §4.2.
}

# Sends what a line means. A line that cannot be sent is told, and the next one is welcome.
sub obey {
    my ($line) = @_;
    eval {
        $line = decode('UTF-8', $line, FB_CROAK | LEAVE_SRC);
        if    ($line =~ /\A\s*\z/) { }
        elsif ($line eq '/ex')     { leave() }
        elsif ($line eq '/users')  { command('who') }
        elsif ($line =~ m{\A/dm ([^ ]*) (.*)\z}s) { command('dm', [text => $2], to => $1) }
        elsif ($line !~ m{\A/} || $line =~ s{\A//}{/}) { command('pm', [text => $line]) }
        else { die "the commands are /dm NAME TEXT, /users and /ex\n" }
        1;
    } or print STDERR '! Not sent: ', harmless($@), "\n";
}

# A counter is enough for ids, §4.2.
sub command { my ($name, $child, @attributes) = @_; send_document($name, $child, id => ++$last_id, @attributes) }

sub leave {
    $ex_id = $last_id + 1;
    $state = 'leaving';
    command('ex');
}

# Sends a document of one element with these attributes and at most one child, as a frame (§2.1). Dies of what is not
# valid, and sends nothing then. The writer makes a reference of a carriage return, as §3.4 asks, and in newer versions
# U+FFFD of what XML cannot carry, so that has to be looked for before.
sub send_document {
    my ($name, $child, %attributes) = @_;
    die "a character that XML cannot carry\n" if $child && $child->[1] =~ /[^\t\n\r -\x{fffd}\x{10000}-\x{10ffff}]/;
    my $document = XML::LibXML::Document->new('1.0', 'UTF-8');
    $document->setDocumentElement(my $root = $document->createElementNS(NAMESPACE, $name));
    $root->setAttribute($_, $attributes{$_}) for sort keys %attributes;
    $root->addNewChild(NAMESPACE, $child->[0])->appendText($child->[1]) if $child;
    my $octets = $document->toString;
    checked($octets);
    my $frame = pack('N', length($octets) + 4) . $octets;
    while (length $frame) {
        my $sent = send $connection, $frame, MSG_NOSIGNAL or last;    # The reader will see that it is gone.
        substr $frame, 0, $sent, '';
    }
}
