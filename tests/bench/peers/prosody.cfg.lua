daemonize = false
run_as_root = true
data_path = "$folder"
pidfile = "$folder/prosody.pid"
log = { error = "*console" }
network_backend = "epoll"
interfaces = { "127.0.0.1" }
c2s_ports = { $port }
s2s_ports = { }
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
modules_enabled = { "saslauth"; "disco"; "presence"; "message"; "iq" }
modules_disabled = { "s2s"; "offline" }

VirtualHost "localhost"
    authentication = "anonymous"

Component "conference.localhost" "muc"
    muc_room_locking = false
