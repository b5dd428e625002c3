-- From here on nothing depends on the schema.

local WORDS = { "pass", "pwd", "secret", "auth", "invit", "token", "login" }
local SHOWN = 60 -- octets of a text in the Info column

local proto = Proto(PROTOCOL, TITLE)

local function abbreviated(name)
  return PROTOCOL .. "." .. name
end

local own = {
  length = ProtoField.uint32(abbreviated("length"), "Length", base.DEC, nil, nil, "Octets of the frame, these four included"),
  sender = ProtoField.string(abbreviated("sender"), "Sender", base.UNICODE, "client or server, by the port"),
  root = ProtoField.string(abbreviated("root"), "Root", base.UNICODE, "The document's root element"),
  document = ProtoField.string(abbreviated("document"), "Document", base.UNICODE, "The XML, with secrets blanked"),
  undeclared = ProtoField.string(abbreviated("undeclared"), "Undeclared", base.UNICODE, "What the schema does not know"),
  response_in = ProtoField.framenum(abbreviated("response_in"), "Response in", base.NONE, frametype.RESPONSE, 0, "The packet of the answer"),
  response_to = ProtoField.framenum(abbreviated("response_to"), "Response to", base.NONE, frametype.REQUEST, 0, "The packet that is answered"),
  response_time = ProtoField.relative_time(abbreviated("response_time"), "Response time", "From the command to its answer"),
}

local experts = {
  length = ProtoExpert.new(abbreviated("bad_length"), "Not a frame", expert.group.MALFORMED, expert.severity.ERROR),
  cut = ProtoExpert.new(abbreviated("cut"), "The frame is not complete in the capture", expert.group.UNDECODED, expert.severity.WARN),
  malformed = ProtoExpert.new(abbreviated("malformed"), "Not a document", expert.group.MALFORMED, expert.severity.ERROR),
  undeclared = ProtoExpert.new(abbreviated("not_in_schema"), "Not in the schema", expert.group.PROTOCOL, expert.severity.WARN),
  direction = ProtoExpert.new(abbreviated("wrong_direction"), "The other side sends this", expert.group.PROTOCOL, expert.severity.WARN),
}

-- Path in a document, as pm/@id, to what is declared there.
local declared = {}
local all = {}
for _, field in pairs(own) do
  all[#all + 1] = field
end
for _, row in ipairs(DECLARED) do
  local path, name, kind, about, secret = row[1], row[2], row[3], row[4], row[5]
  local label = path:match("[^/@]+$")
  local field
  if kind == "integer" then
    field = ProtoField.int64(abbreviated(name), label, base.DEC, nil, nil, about)
  else
    field = ProtoField.string(abbreviated(name), label, base.UNICODE, about)
  end
  all[#all + 1] = field
  declared[path] = { field = field, kind = kind, secret = secret }
end
proto.fields = all
proto.experts = { experts.length, experts.cut, experts.malformed, experts.undeclared, experts.direction }

local tcp_stream = Field.new("tcp.stream")

-- XML: what PROTOCOL.md 3 allows, and no more. Places count octets from 1.

local NAMED = { lt = "<", gt = ">", amp = "&", quot = '"', apos = "'" }

local function utf8_of(code)
  local char, floor = string.char, math.floor
  if code < 0x80 then
    return char(code)
  elseif code < 0x800 then
    return char(0xC0 + floor(code / 0x40), 0x80 + code % 0x40)
  elseif code < 0x10000 then
    return char(0xE0 + floor(code / 0x1000), 0x80 + floor(code / 0x40) % 0x40, 0x80 + code % 0x40)
  end
  return char(0xF0 + floor(code / 0x40000), 0x80 + floor(code / 0x1000) % 0x40, 0x80 + floor(code / 0x40) % 0x40, 0x80 + code % 0x40)
end

local function referred(name)
  local digits = name:match("^#(%d+)$")
  local code = digits and tonumber(digits) or tonumber(name:match("^#x(%x+)$") or "", 16)
  if not code then
    return NAMED[name]
  elseif code > 0x10FFFF or code == 0xFFFE or code == 0xFFFF or code >= 0xD800 and code < 0xE000 or code < 32 and code ~= 9 and code ~= 10 and code ~= 13 then
    return nil
  end
  return utf8_of(code)
end

-- The text with its references resolved; nil where one of them means nothing.
local function resolved(text)
  local whole = true
  local found = text:gsub("&([^;&]*)(;?)", function(name, stop)
    local meant = stop == ";" and referred(name)
    whole = whole and meant
    return meant or ""
  end)
  return whole and found or nil
end

-- Sequences of more than one octet (RFC 3629, section 4).
local SEQUENCES = {
  "[\194-\223][\128-\191]",
  "\224[\160-\191][\128-\191]",
  "[\225-\236\238\239][\128-\191][\128-\191]",
  "\237[\128-\159][\128-\191]",
  "\240[\144-\191][\128-\191][\128-\191]",
  "[\241-\243][\128-\191][\128-\191][\128-\191]",
  "\244[\128-\143][\128-\191][\128-\191]",
}

local function is_utf8(text)
  for _, sequence in ipairs(SEQUENCES) do
    text = text:gsub(sequence, " ")
  end
  return not text:find("[\128-\255]")
end

local function split(name)
  local prefix, inside = name:match("^([^:]+):([^:]+)$")
  if prefix then
    return prefix, inside
  end
  return "", name
end

-- Characters that XML cannot carry; beside these U+0000.
local CONTROLS, NONCHARACTERS = "[\1-\8\11\12\14-\31]", "\239\191[\190\191]"

-- Reads the attributes of a start tag from `at` on. Returns where they end, or nil and why not.
local function read_attributes(xml, at, node)
  while true do
    local name, quote, start = xml:match("^[ \t\r\n]+([^%s=<>/\"'&]+)[ \t\r\n]*=[ \t\r\n]*([\"'])()", at)
    if not name then
      return at
    end
    local stop = xml:find(quote, start, true)
    local written = stop and xml:sub(start, stop - 1)
    if not stop or written:find("<", 1, true) then
      return nil, "An attribute does not end.", at
    end
    local value = resolved((written:gsub("\r\n", " "):gsub("[\t\r\n]", " ")))
    if not value then
      return nil, "A reference means nothing.", start
    end
    local prefix, inside = split(name)
    if name == "xmlns" then
      node.scope[""] = value
    elseif prefix == "xmlns" then
      node.scope[inside] = value
    else
      for _, other in ipairs(node.attributes) do
        if other.written == name then
          return nil, "An attribute stands there twice.", start
        end
      end
      node.attributes[#node.attributes + 1] = { written = name, prefix = prefix, name = inside, value = value, at = start, stop = stop - 1 }
    end
    at = stop + 1
  end
end

-- Whether the attributes with a prefix have a namespace, and none of them stands there twice.
local function check_prefixes(node)
  local seen = {}
  for _, attribute in ipairs(node.attributes) do
    local prefix = attribute.prefix
    if prefix ~= "" then
      local namespace = prefix == "xml" and prefix or node.scope[prefix]
      local name = namespace and namespace .. " " .. attribute.name
      if not name or seen[name] then
        return false
      end
      seen[name] = true
    end
  end
  return true
end

-- Where what follows an XML declaration begins; nil where it is not one of ours (PROTOCOL.md 3.1).
local function behind_declaration(xml)
  if not xml:find("^<%?xml[ \t\r\n]") then
    return 1
  end
  local said, behind = xml:match("^<%?xml([^<>?]*)%?>()")
  if not said or not said:find("^[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*([\"'])1%.0%1") then
    return nil
  end
  local encoding = said:match("encoding[ \t\r\n]*=[ \t\r\n]*[\"']([^\"']*)")
  return (not encoding or encoding:upper() == "UTF-8") and behind or nil
end

local function add_text(node, text, at, stop)
  node.text = node.text .. text
  node.text_at = node.text_at or at
  node.text_stop = stop
end

-- Reads the tag at `at`. Returns where it ends, and the element that is open then, or nil, why not, and where.
local function read_tag(xml, at, open, document)
  local closing, behind = xml:match("^</([^%s<>/]+)[ \t\r\n]*>()", at)
  if closing then
    if not open or open.written ~= closing then
      return nil, "An element ends that did not begin.", at
    end
    open.inside_stop, open.stop = at - 1, behind - 1
    return behind, open.parent
  end
  local name, start = xml:match("^<([^%s<>/=\"'&!?]+)()", at)
  if not name then
    return nil, "Comments, document types and processing instructions are not allowed, nor is a lone <.", at
  elseif not open and document.root then
    return nil, "There is something behind the root element.", at
  end
  local prefix, inside = split(name)
  local scope = setmetatable({}, { __index = open and open.scope })
  local node = { written = name, name = inside, attributes = {}, children = {}, text = "", parent = open, at = at, scope = scope, depth = open and open.depth + 1 or 1 }
  if node.depth > MAX_DEPTH then
    return nil, "Elements are nested too deep.", at
  end
  local ended, why, where = read_attributes(xml, start, node)
  if not ended then
    return nil, why, where
  end
  local empty, after = xml:match("^[ \t\r\n]*(/?)>()", ended)
  if not empty then
    return nil, "A tag does not end.", at
  end
  if not check_prefixes(node) then
    return nil, "A prefix of an attribute means nothing, or an attribute stands there twice.", at
  end
  node.namespace = scope[prefix] ~= "" and scope[prefix] or nil
  if prefix ~= "" and prefix ~= "xml" and not node.namespace then
    return nil, "A prefix means nothing.", at
  end
  node.inside_at = after
  if open then
    open.children[#open.children + 1] = node
  else
    document.root = node
  end
  if empty == "/" then
    node.inside_stop, node.stop = after - 1, after - 1
    return after, open
  end
  return after, node
end

-- The root element; or nil, why there is none, and where.
local function parse(xml)
  if not is_utf8(xml) or xml:find("%z") then
    return nil, "The document is not UTF-8.", 1
  end
  local odd = xml:find(CONTROLS) or xml:find(NONCHARACTERS)
  if odd then
    return nil, "There is a character that XML cannot carry.", odd
  end
  local document, open = {}, nil
  local at = behind_declaration(xml)
  if not at then
    return nil, "The XML declaration is not version 1.0 in UTF-8.", 1
  end
  while at <= #xml do
    local tag = xml:find("<", at, true) or #xml + 1
    if tag > at then
      local text = xml:sub(at, tag - 1)
      local meant = resolved((text:gsub("\r\n?", "\n")))
      if not meant or text:find("]]>", 1, true) then
        return nil, "A reference means nothing, or ]]> stands in a text.", at
      elseif open then
        add_text(open, meant, at, tag - 1)
      elseif text:find("[^ \t\r\n]") then
        return nil, "There is text outside of the root element.", at
      end
      at = tag
    elseif open and xml:sub(at, at + 8) == "<![CDATA[" then
      local stop = xml:find("]]>", at + 9, true)
      if not stop then
        return nil, "A CDATA section does not end.", at
      end
      add_text(open, (xml:sub(at + 9, stop - 1):gsub("\r\n?", "\n")), at, stop + 2)
      at = stop + 3
    else
      local behind, now, where = read_tag(xml, at, open, document)
      if not behind then
        return nil, now, where
      end
      at, open = behind, now
    end
  end
  if open or not document.root then
    return nil, "The document does not end.", #xml
  end
  return document.root
end

-- Secrets

local function suspect(text)
  text = text:lower()
  for _, word in ipairs(WORDS) do
    if text:find(word, 1, true) then
      return true
    end
  end
  return false
end

local function stars(text)
  return ("*"):rep(#text)
end

-- The XML with asterisks in the places, each { at, stop }.
local function blanked(xml, places)
  table.sort(places, function(one, other)
    return one[1] < other[1]
  end)
  local parts, at = {}, 1
  for _, place in ipairs(places) do
    if place[1] >= at and place[2] >= place[1] then
      parts[#parts + 1] = xml:sub(at, place[1] - 1) .. stars(xml:sub(place[1], place[2]))
      at = place[2] + 1
    end
  end
  return table.concat(parts) .. xml:sub(at)
end

-- The tree

local function add_value(tree, found, range, value)
  if found.kind == "integer" or found.kind == "word" then
    value = value:gsub("[ \t\r\n]+", " "):gsub("^ ", ""):gsub(" $", "")
  end
  if found.kind == "integer" then
    if not value:find("^[+-]?%d+$") or #value > 18 then
      tree:add(own.undeclared, range, value)
      return
    end
    tree:add(found.field, range, Int64.new((value:gsub("^%+", ""))))
  else
    tree:add(found.field, range, value)
  end
end

local function undeclared(view, tree, path, at, stop, value)
  local said = path .. (value ~= "" and "=" .. value or "")
  tree:add(own.undeclared, view.range(at, stop), said):add_proto_expert_info(experts.undeclared, path .. " is not in the schema")
end

-- Whether the schema speaks of elements of this namespace here.
local function is_ours(node)
  return node.namespace == NAMESPACE or not QUALIFIED and node.parent and not node.namespace
end

local function show_attributes(view, tree, node, path, hidden)
  for _, attribute in ipairs(node.attributes) do
    local there = path .. "/@" .. attribute.name
    local found = attribute.prefix == "" and declared[there]
    local secret = hidden or (found and found.secret) or (not found and (view.private or suspect(there)))
    local value = secret and stars(attribute.value) or attribute.value
    if secret then
      view.secrets[#view.secrets + 1] = { attribute.at, attribute.stop }
    end
    if found then
      add_value(tree, found, view.range(attribute.at, attribute.stop), value)
    elseif attribute.prefix == "" then
      undeclared(view, tree, there, attribute.at, attribute.stop, value)
    end
  end
end

local function show(view, tree, node, path, hidden)
  local found = is_ours(node) and declared[path] or nil
  local text = node.text
  hidden = hidden or (found and found.secret) or (not found and suspect(node.name))
  local stray = #node.children > 0 or not found
  if hidden then
    view.secrets[#view.secrets + 1] = { node.inside_at, node.inside_stop }
    text = stars(text)
  elseif view.private and node.text_at and (stray or found.kind == "element") then
    view.secrets[#view.secrets + 1] = { node.text_at, node.text_stop }
    text = ""
  end
  local here
  if not found then
    if is_ours(node) and not (node.parent and node.parent.beyond) then
      undeclared(view, tree, path, node.at, node.stop, "")
    end
    node.beyond = true
    here = tree:add(view.range(node.at, node.stop), node.written)
  elseif found.kind == "element" then
    here = tree:add(found.field, view.range(node.at, node.stop), #node.children == 0 and text:find("%S") and text or node.name)
  else
    local from, to = node.text_at or node.inside_at, node.text_stop or node.inside_stop
    here = tree
    add_value(tree, found, view.range(from, to), text)
  end
  if found or is_ours(node) then
    show_attributes(view, here, node, path, hidden)
  elseif hidden or view.private then
    for _, attribute in ipairs(node.attributes) do
      view.secrets[#view.secrets + 1] = { attribute.at, attribute.stop }
    end
  end
  for _, child in ipairs(node.children) do
    show(view, here, child, path .. "/" .. child.name, hidden)
  end
  return here
end

-- Commands and answers: by the side that asks and its id, in each conversation.

local asked, response_in, response_to = {}, {}, {}

function proto.init()
  asked, response_in, response_to = {}, {}, {}
end

local OTHER = { client = "server", server = "client" }

local function value_of(root, name)
  for _, attribute in ipairs(root.attributes) do
    if attribute.written == name then
      return attribute.value
    end
  end
end

local function remember(pinfo, sender, root, id, re)
  local stream = tcp_stream()
  if not stream or pinfo.visited then
    return
  end
  if id then
    asked[tostring(stream.value) .. sender .. id] = { number = pinfo.number, time = pinfo.rel_ts, root = root.name, id = id }
  end
  local question = re and asked[tostring(stream.value) .. OTHER[sender] .. re]
  if question then
    response_to[pinfo.number .. ":" .. re] = question
    response_in[question.number .. ":" .. re] = response_in[question.number .. ":" .. re] or pinfo.number
  end
end

local function show_links(pinfo, tree, id, re)
  local answer = id and response_in[pinfo.number .. ":" .. id]
  if answer then
    tree:add(own.response_in, answer):set_generated()
  end
  local question = re and response_to[pinfo.number .. ":" .. re]
  if question then
    tree:add(own.response_to, question.number):set_generated()
    -- To the microsecond: the times are floating-point numbers.
    local passed = math.floor(math.max(0, pinfo.rel_ts - question.time) * 1e6 + 0.5)
    tree:add(own.response_time, NSTime.new(math.floor(passed / 1e6), passed % 1e6 * 1000)):set_generated()
  end
  return question
end

-- As `pm 7 → ok seq=41` or `broadcast room=lobby from=alice "hello"`.
local function summary(view, root, question)
  local parts = { root.name }
  local id = value_of(root, "id")
  if question then
    parts = { question.root .. " " .. question.id .. " → " .. root.name }
  elseif id then
    parts[1] = root.name .. " " .. id
  end
  for _, attribute in ipairs(root.attributes) do
    local found = declared[root.name .. "/@" .. attribute.written]
    local told = attribute.written == "id" or attribute.written == "re" and question or attribute.written == "time"
    if found and not found.secret and not told then
      parts[#parts + 1] = attribute.name .. "=" .. attribute.value
    end
  end
  for _, child in ipairs(root.children) do
    local found = declared[root.name .. "/" .. child.name]
    if found and found.kind ~= "element" and not found.secret and not view.private and child.text ~= "" then
      local text = child.text
      if #text > SHOWN then
        -- Not in the middle of a character.
        text = text:sub(1, SHOWN):gsub("[\194-\244][\128-\191]*$", "") .. "…"
      end
      parts[#parts + 1] = '"' .. text .. '"'
    end
  end
  return (table.concat(parts, " "):gsub("%c", " "))
end

local function sender_of(pinfo, root)
  local server = { [proto.prefs.port] = true, [proto.prefs.tls_port] = true }
  if server[pinfo.dst_port] then
    return "client"
  elseif server[pinfo.src_port] then
    return "server"
  end
  local known = root and SENDERS[root.name]
  return known and known ~= "both" and known or nil
end

local function dissect_document(range, pinfo, tree)
  local xml = range:raw()
  local view = { secrets = {}, private = false }
  function view.range(at, stop)
    return range(at - 1, math.max(0, stop - at + 1))
  end
  local root, why, where = parse(xml)
  local sender = sender_of(pinfo, root)
  if sender then
    tree:add(own.sender, sender):set_generated()
  end
  if not root then
    local shown = (suspect(xml) or not is_utf8(xml) or xml:find("%z")) and "not shown: it may hold a secret, or is no text" or xml
    -- What tshark writes as XML has to be some.
    tree:add(own.document, range, (shown:gsub(CONTROLS, "?"):gsub(NONCHARACTERS, "?")))
    tree:add_proto_expert_info(experts.malformed, "Not a document: " .. why .. " (octet " .. where - 1 .. ")")
    return "malformed document"
  end
  view.private = PRIVATE[root.name] or false
  local id, re = value_of(root, "id"), value_of(root, "re")
  if sender then
    remember(pinfo, sender, root, id, re)
  end
  tree:add(own.root, view.range(root.at + 1, root.at + #root.written), root.name)
  local here = show(view, tree, root, root.name, false)
  tree:add(own.document, range, blanked(xml, view.secrets))
  local expected = SENDERS[root.name]
  if sender and expected and expected ~= "both" and expected ~= sender then
    here:add_proto_expert_info(experts.direction, "A " .. expected .. " sends " .. root.name)
  end
  if root.namespace ~= NAMESPACE then
    here:add_proto_expert_info(experts.undeclared, "The namespace is not " .. (NAMESPACE or "none"))
    return root.name .. " of another namespace"
  end
  return summary(view, root, show_links(pinfo, tree, id, re))
end

local function dissect_frame(range, pinfo, tree, length)
  local here = tree:add(proto, range)
  here:add(own.length, range(0, 4))
  if range:len() < length then
    here:add_proto_expert_info(experts.cut)
    return "cut frame"
  elseif length == 4 then
    here:add_proto_expert_info(experts.malformed, "Not a document: it is empty")
    return "empty document"
  end
  local said = dissect_document(range(4), pinfo, here)
  here:append_text(", " .. said)
  return said
end

-- The packet in whose Info column something was written last: one packet may be given to us in several parts.
local told

local function tell(pinfo, said)
  if #said == 0 then
    return
  end
  pinfo.cols.protocol = PROTOCOL
  local before = told == pinfo.number and "; " or ""
  pinfo.cols.info:clear()
  pinfo.cols.info:append(before .. table.concat(said, "; "))
  pinfo.cols.info:fence()
  told = pinfo.number
end

-- Asks for more octets, where that is possible, and says whether it is.
local function wait(pinfo, offset, more)
  if pinfo.can_desegment == 0 then
    return false
  end
  pinfo.desegment_offset = offset
  pinfo.desegment_len = more
  return true
end

function proto.dissector(tvb, pinfo, tree)
  local offset, size, said = 0, tvb:len(), {}
  if told ~= pinfo.number then
    told = nil
  end
  while offset < size do
    local left = size - offset
    local length = left >= 4 and tvb(offset, 4):uint()
    if not length then
      if not wait(pinfo, offset, DESEGMENT_ONE_MORE_SEGMENT) then
        tree:add(proto, tvb(offset)):add_proto_expert_info(experts.cut)
      end
      break
    elseif length < 4 or length > MAX_LENGTH then
      local here = tree:add(proto, tvb(offset))
      here:add(own.length, tvb(offset, 4))
      here:add_proto_expert_info(experts.length, "Not a frame: its length would be " .. length)
      said[#said + 1] = "not a frame"
      break
    elseif left < length and wait(pinfo, offset, length - left) then
      break
    end
    said[#said + 1] = dissect_frame(tvb(offset, math.min(left, length)), pinfo, tree, length)
    offset = offset + length
  end
  tell(pinfo, said)
end

proto.prefs.port = Pref.uint("TCP port", PORT, "The server's port")
proto.prefs.tls_port = Pref.uint("TLS port", TLS_PORT, "The server's port for TLS; to see into it, Wireshark needs the keys")

local tcp, tls = DissectorTable.get("tcp.port"), DissectorTable.get("tls.port")
local ports = {}

local function register()
  if ports.plain then
    tcp:remove(ports.plain, proto)
    tls:remove(ports.sealed, proto)
  end
  ports = { plain = proto.prefs.port, sealed = proto.prefs.tls_port }
  tcp:add(ports.plain, proto)
  tls:add(ports.sealed, proto)
end

proto.prefs_changed = register
register()
