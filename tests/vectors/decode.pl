# A decoder of xmlchat in Perl, with what Perl has, and the loop that runs the golden vectors of schema/examples.
# perl decode.pl schema/chat.xsd schema/examples
use strict;
use warnings;
use JSON::PP;
use XML::LibXML;

my ($xsd, $examples) = @ARGV;
my $index = decode_json(slurp("$examples/vectors.json"));
my $schema = XML::LibXML::Schema->new(location => $xsd);
my $parser = XML::LibXML->new(load_ext_dtd => 0, expand_entities => 0, no_network => 1, line_numbers => 0);
my %roots = map { $_->getAttribute("name") => 1 }
    XML::LibXML->load_xml(location => $xsd)->documentElement->getChildrenByLocalName("element");
my $namespace = "urn:xmlchat:1";
my %from_server = map { $_ => 1 } qw(prompt welcome ok error greeting broadcast direct users rooms page blocks sanctions
    resumed notice bye);
my %in_lists = map { $_ => 1 } qw(protocol limit extension room user broadcast direct sanction);
my %lists = (login => [qw(room extension)], greeting => [qw(protocol limit extension)], welcome => ["user"],
    users => ["user"], rooms => ["room"], page => [qw(broadcast direct)], blocks => ["user"], sanctions => ["sanction"]);

# RFC 3629, section 4. Perl's own check refuses what is not UTF-8, and characters that only XML has something against.
my $utf8 = qr/(?:[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}
    |\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})/x;

sub slurp {
    open(my $file, "<:raw", $_[0]) or die "$_[0]: $!";
    local $/;
    return scalar(<$file>) // "";
}

# The fields of an element: attributes and children by name. Extensions are passed over.
sub fields {
    my ($node) = @_;
    my %found = map { $_ => [] } @{ $lists{ $node->localname } // [] };
    for my $attribute (grep { $_->nodeType == XML_ATTRIBUTE_NODE } $node->attributes) {
        $found{ $attribute->localname } = $attribute->value =~ s/^\s+|\s+$//gr;
    }
    for my $child (grep { $_->nodeType == XML_ELEMENT_NODE && $_->localname ne "ext" } $node->childNodes) {
        my $plain = $child->localname =~ /^(?:text|password|invitation|extension|old|new)$/;
        my $value = $plain ? $child->textContent : fields($child);
        if ($in_lists{ $child->localname }) { push @{ $found{ $child->localname } }, $value }
        else { $found{ $child->localname } = $value }
    }
    return \%found;
}

# The code of the first check of PROTOCOL.md, section 3.2, that fails, or the message.
sub decode {
    my ($octets, $sender) = @_;
    return "too-large" if length($octets) > $index->{limits}{$sender};
    return "byte-order-mark" if $octets =~ /^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff|\0\0\xfe\xff)/;
    return "not-utf8" unless $octets =~ /^$utf8*+\z/;
    return "encoding" if substr($octets, 0, 4) =~ /\0/;
    if ($octets =~ /^<\?xml\s+([^?]*)\?>/) {
        my $declared = $1;
        return "xml-version" if $declared =~ /version\s*=\s*["'](?!1\.0["'])/;
        return "encoding" if $declared =~ /encoding\s*=\s*["'](?!UTF-8["'])/i;
    }
    return "doctype" if $octets =~ /^(?:\s|<\?.*?\?>|<!--.*?-->)*<!DOCTYPE/s;
    # The library is written in C, and takes this for the end.
    return "not-well-formed" if $octets =~ /\0/;
    my $root = eval { $parser->parse_string($octets)->documentElement };
    return $@ =~ /depth/ ? "too-deep" : "not-well-formed" unless $root;
    my $document = $root->ownerDocument;
    return "comment" if $document->findnodes("//comment()");
    return "processing-instruction" if $document->findnodes("//processing-instruction()");
    return "too-deep" if $document->findnodes("//*[count(ancestor::*) > 15]");
    return "too-many-attributes" if $document->findnodes("//*[count(\@*) > 32]");
    return "xsi-attribute"
        if $document->findnodes("//\@*[namespace-uri() = 'http://www.w3.org/2001/XMLSchema-instance']");
    return "wrong-namespace" if ($root->namespaceURI // "") ne $namespace;
    my $element = $root->localname;
    return "unknown-element" unless $roots{$element};
    return "wrong-direction" if $element !~ /^p[io]ng$/ && ($sender eq "server") != !!$from_server{$element};
    return "invalid" unless eval { $schema->validate($document); 1 };
    return { element => $element, fields => fields($root) };
}

# What a stream in these pieces says, and how it ends.
sub read_stream {
    my ($sender, @pieces) = @_;
    my ($buffer, $skip, $limit, @said) = ("", 0, $index->{limits}{$sender});
    my $longest = $index->{limits}{skipped} > $limit + 4 ? $index->{limits}{skipped} : $limit + 4;
    for my $piece (@pieces) {
        $buffer .= $piece;
        while (1) {
            my $dropped = $skip < length($buffer) ? $skip : length($buffer);
            substr($buffer, 0, $dropped) = "";
            $skip -= $dropped;
            last if $skip || length($buffer) < 4;
            my $length = unpack("N", $buffer);
            return ("closed", @said, "not-a-frame") if $length < 4 || $length > $longest;
            if ($length > $limit + 4) {
                push @said, "too-large";
                $skip = $length;
                next;
            }
            last if length($buffer) < $length;
            push @said, decode(substr($buffer, 4, $length - 4), $sender);
            substr($buffer, 0, $length) = "";
        }
    }
    return ($skip || length($buffer) ? "incomplete" : "complete", @said);
}

sub cut {
    my ($octets, @places) = @_;
    my @ends = (@places, length($octets));
    return map { substr($octets, $_ ? $ends[$_ - 1] : 0, $ends[$_] - ($_ ? $ends[$_ - 1] : 0)) } 0 .. $#ends;
}

my $json = JSON::PP->new->canonical->allow_nonref;
my ($run, $wrong) = (0, 0);

sub compare {
    my ($what, $expected, @got) = @_;
    my @wanted = map { $_->{message} // $_->{error}{code} } @$expected;
    my ($said, $should) = map { $json->encode($_) } \@got, \@wanted;
    $run++;
    return if $said eq $should;
    $wrong++;
    print "$what: $said, and not $should\n";
}

compare($_->{file}, [$_], decode(slurp("$examples/$_->{file}"), $_->{sender})) for @{ $index->{documents} };
for my $vector (@{ $index->{streams} }) {
    my $octets = slurp("$examples/$vector->{file}");
    for my $places ([], @{ $vector->{cuts} }, [1 .. length($octets) - 1]) {
        my ($end, @said) = read_stream($vector->{sender}, cut($octets, @$places));
        compare("$vector->{file} cut at @$places[0 .. ($#$places < 9 ? $#$places : 9)]", $vector->{results}, @said);
        compare("$vector->{file} at its end", [{ message => $vector->{end} }], $end);
    }
}
print "$run run, $wrong wrong\n";
exit($wrong ? 1 : 0);
