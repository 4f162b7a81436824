# evote: make, make check, make install.  Everything made is under build/.

B	?= build
CC	?= gcc
OPT	?= -O2 -g
SAN	?=
WARN	= -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -Wno-unused-parameter \
	  -Wshadow -Wstrict-prototypes -Wmissing-prototypes
INC	= -I. -I$(B)/gen
PKG	:= $(shell pkg-config --cflags libtirpc sqlite3 libcjson libcurl libsystemd)
LIBS	:= $(shell pkg-config --libs libtirpc sqlite3 libcjson libssl libcrypto libcurl libsystemd) \
	   -lunistring -lgmp -lpthread
CFLAGS	+= $(OPT) $(SAN) $(EXTRA)
# The one place of the version.
VERSION	:= $(shell sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)

GEN	= xdr clnt
# room NAME, its files
room	= $(2:%=$(1)/%)
COMMON	= $(call room,common,log seal ed25519 merkle note proof receipt extension tlog_policy text date number options options_file \
	    nearest role_name record hosts file tracker failpoint thread private progress output workers ballot schulze) \
	  $(call room,common/rpc,transport serve listener pool conn call channel \
	    shake stream descriptor \
	    source listen caller lookup deadline header \
	    inquiry portmap address tls tls_context tls_hello tls_bio authority line \
	    dial)
REPLICA	= $(call room,replica/core,core state failure hosts hello jobs \
	    requests roles commit cosign \
	    lead proposal arbitration handshake follow policy orders stuck \
	    status history config role clock alarm identity refusal message) \
	  $(call room,replica/link,session outbound link talk inbound reach wire) \
	  $(call room,replica/arbiter,arbiter witness etcd etcd_txn)
SERVER	= $(call room,server,main conf supervisor start loop events driver \
	    machine service procedures procedures_read procedures_life procedures_roll proofs checkpoint signing auth turns serve serve_admin \
	    budget certificate neighbours witness_daemon audit audit_note preflight preflight_data preflight_found) \
	  $(call room,server/audit,book book_life book_roll signers book_electorate index findings page page_json) \
	  $(call room,server/election,election voters standing stage electorate electors voted_keys polls polls_read sheet terms due \
	    life settings keys judge judge_life judge_roll effect roll_page chronicle \
	    curve read) \
	  $(call room,server/store,ledger ledger_open wal aside disk slots datadir lock format files \
	    host_key mark secrets view proving copy restore)
CLIENT	= $(call room,client,evote_client admin json say say_names prompt names life plan survey tally chart minutes minutes_plain minutes_result when await \
	    proved histories secret form ballot_marks paper ranking \
	    places others) \
	  $(call room,client/commands,keygen check check_lines check_vote pending turnout report create change settings elections vote vote_say receipt verify trust checkpoint \
	    result sheet status \
	    status_json status_table roll voters enrolled lookalike import import_say \
	    import_send hosts cluster) \
	  $(call room,client/lib,libevote handle ask trust act intent request reason voter pending life grace \
	    login checkup sheet recount ports endpoint roundup route plain service_dirs state state_service \
	    state_voter state_proof state_mark sshkey agent signer explain keyring \
	    evidence proofs keys receipts checkpoints met) \
	  $(call room,client/roll,roll csv diff groups)

SIM	= main world disk net witness host machine polls keeper clients \
	  faults book count rules notes

STRANGERS = $(patsubst %,tests/strangers/%,strangers sayings greed)

# One of them only where there is a libpq.
PGINC	= /usr/include/postgresql
WRITERS	= $(B)/writer_evote $(B)/writer_redis \
	  $(patsubst %,$(B)/writer_postgres,$(wildcard $(PGINC)/libpq-fe.h))

TESTS	= $(patsubst tests/unit/test_%.c,%,$(wildcard tests/unit/test_*.c))

objs	= $(patsubst %,$(B)/%.o,$(1))
GENO	= $(call objs,$(GEN:%=gen/evote_%))
COMMONO	= $(call objs,$(COMMON)) $(GENO)
REPLICAO = $(call objs,$(REPLICA))
SERVERO	= $(call objs,$(SERVER)) $(B)/gen/evote_svc.o
CLIENTO	= $(call objs,$(CLIENT))
link	= $(CC) $(CFLAGS) -Wl,--as-needed $(LDFLAGS) -o $@ $^ $(LIBS)

all: $(B)/evote_server $(B)/evote_client

$(B)/evote_server: $(B)/server/main.o $(B)/server.a
	$(link)
$(B)/evote_client: $(B)/client/evote_client.o $(B)/client.a
	$(link)
$(B)/sim: $(call objs,$(SIM:%=tests/sim/%)) $(B)/server.a
	$(link)
$(B)/fill_ledger: $(B)/tests/fill_ledger.o $(B)/server.a
	$(link)
$(B)/voter_loop: $(B)/tests/voter_loop.o $(B)/client.a
	$(link)
$(B)/ballot_box: $(B)/tests/ballot_box.o $(B)/client.a
	$(link)
$(B)/prover: $(B)/tests/prover.o $(B)/client.a
	$(link)
$(B)/fast_client: $(B)/client/evote_client.o $(B)/tests/fast_client.o \
    $(B)/client.a
	$(link)
$(B)/nemesis_%: $(B)/tests/nemesis/%.o $(B)/server.a $(B)/client.a
	$(link)
$(B)/strangers: $(call objs,$(STRANGERS)) $(B)/client.a
	$(link)
$(B)/floor: $(B)/tests/bench/floor.o
	$(link)
$(B)/load: $(B)/tests/bench/load.o $(B)/tests/bench/votes.o \
    $(B)/tests/bench/wire.o $(B)/client.a
	$(link)
$(B)/crowd: $(B)/tests/bench/crowd.o $(B)/tests/bench/wire.o $(B)/client.a
	$(link)
$(B)/writer_%: $(B)/tests/bench/writer_%.o $(B)/tests/bench/writer.o \
    $(B)/client.a
	$(link)
$(B)/writer_postgres: LIBS += -lpq
$(B)/tests/bench/writer_postgres.o: CFLAGS += -I$(PGINC)
$(B)/power_cut: $(B)/tests/nemesis/power_cut.o
	$(link)
$(B)/test_%: $(B)/tests/unit/test_%.o $(B)/server.a $(B)/client.a
	$(link) -lcmocka
$(B)/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(B)/server.a $(B)/client.a
	$(link) -fsanitize=fuzzer
# A row for each type of evote.x that rpcgen knows.
$(B)/gen/fuzz_types.h: $(B)/gen/evote.h
	sed -n 's/^extern *bool_t xdr_\(evote_[a-z0-9_]*\) (XDR.*/TYPE(\1)/p' \
	    $< >$@
$(B)/tests/fuzz/fuzz_calls.o: $(B)/gen/fuzz_types.h
# Whoever verifies a signature is seen.
$(B)/test_service: LIBS += -Wl,--wrap=seal_verify
# So is whoever is given work.
$(B)/test_transport_tls: LIBS += -Wl,--wrap=workers_submit
# Calls go as far as the service, and no further; seals may be taken for good.
$(B)/fuzz_transport: LIBS += -Wl,--wrap=service_ask,--wrap=service_head \
    -Wl,--wrap=service_status,--wrap=session_check_call
$(B)/fuzz_store: LIBS += -Wl,--wrap=sqlite3_column_blob
$(B)/server.a: $(filter-out %/main.o,$(SERVERO)) $(REPLICAO) $(COMMONO)
	rm -f $@ && ar qcs $@ $^
$(B)/client.a: $(filter-out %/evote_client.o,$(CLIENTO)) $(COMMONO)
	rm -f $@ && ar qcs $@ $^

$(B)/server/conf.o $(B)/client/evote_client.o: debian/changelog
$(B)/server/conf.o $(B)/client/evote_client.o: CFLAGS += -DVERSION='"$(VERSION)"'

# rpcgen does not overwrite; what it makes is compiled apart from our warnings.
$(B)/gen/evote.x: evote.x
	@mkdir -p $(@D)
	cp $< $@
$(B)/gen/evote.h: $(B)/gen/evote.x
	cd $(@D) && rm -f evote.h evote_*.c && \
	rpcgen -C -M -h -o evote.h evote.x && \
	rpcgen -C -M -c -o evote_xdr.c evote.x && \
	rpcgen -C -M -l -o evote_clnt.c evote.x && \
	rpcgen -C -M -m -o evote_svc.c evote.x
$(B)/gen/evote_%.c: $(B)/gen/evote.h ;
$(GENO) $(B)/gen/evote_svc.o: $(B)/gen/%.o: $(B)/gen/%.c
	$(CC) -D_GNU_SOURCE $(PKG) -I$(B)/gen $(CFLAGS) -w -c -o $@ $<

$(B)/%.o: %.c $(B)/gen/evote.h
	@mkdir -p $(@D)
	$(CC) $(WARN) $(PKG) $(INC) $(CFLAGS) -MMD -MP -c -o $@ $<

# What the cluster tests run, and the unit tests: with sanitizers and fail points.
TESTB	= build/test
SANITIZE = CC=clang B=$(TESTB) OPT="-O1 -g" EXTRA=-DEVOTE_FAILPOINTS \
	  SAN="-fsanitize=address,undefined -fno-sanitize-recover=all \
	  -fno-omit-frame-pointer"
# The fuzzers, which run code of their own; libFuzzer comes with clang.
FUZZING	= CC=clang B=build/fuzz OPT="-O1 -g" \
	  SAN="-fsanitize=fuzzer-no-link,address,undefined \
	  -fno-sanitize-recover=all -fno-omit-frame-pointer" \
	  $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/*.c))
NEMESIS = $(B)/nemesis_voter $(B)/nemesis_dump $(B)/power_cut $(B)/prover
TOOLS	= $(patsubst %,$(B)/%,voter_loop ballot_box prover fast_client fill_ledger)
programs: all $(TOOLS) $(TESTS:%=$(B)/test_%)

# The unit tests are compiled by gcc too, for its warnings; those that run are
# clang's.
check: lint all $(TOOLS) $(TESTS:%=$(B)/tests/unit/test_%.o) $(B)/sim \
    $(NEMESIS) $(B)/floor $(B)/load $(B)/strangers $(B)/crowd $(WRITERS)
	scripts/circles
	$(MAKE) $(SANITIZE) programs
	$(MAKE) $(FUZZING)
	env -u MAKEFLAGS B=$(TESTB) PAIR_WATCH=$(CURDIR)/$(B) \
	    scripts/run-tests $(TESTS:%=$(TESTB)/test_%) \
	    tests/cluster tests/evaluate --alone tests/fuzz tests/nemesis \
	    tests/strangers tests/package tests/bench \
	    --beside tests/model/run tests/sim/run tests/sim/mutants

lint:
	scripts/arrows
	scripts/rooms
	shellcheck -x $(SCRIPTS)
	clang-format --dry-run -Werror $(SOURCES)
# It lets comments be wider than its 80 columns; addresses cannot be broken.
	! for file in $(SOURCES); do \
	    expand $$file | LC_ALL=C.UTF-8 grep -Hn --label=$$file '^.\{81\}'; \
	done | grep -v ://
	! mandoc -Tlint docs/man/* 2>&1 | \
	    grep -v 'referenced manual not found\|mandoc.db'

model:
	tests/model/run
model-full:
	tests/model/run full

sim: $(B)/sim
	tests/sim/run

# SECONDS=60 of each: bytes at all that strangers and disks reach.
fuzz:
	$(MAKE) $(FUZZING)
	SECONDS_EACH=$(or $(SECONDS),60) tests/fuzz/run

soak: all $(B)/voter_loop $(B)/fill_ledger
	tests/cluster/soak.bash 100

# DURATION=seconds SEED=n ARBITER=none|witness|etcd
nemesis: all $(NEMESIS)
	tests/nemesis/run

# DURATION=120 SEED=n STRANGERS=500: all that strangers can send, beside voters.
strangers: all $(B)/voter_loop $(B)/strangers
	tests/strangers/run

# SECONDS_EACH=2 RUNS=3 CONNECTIONS="1 16 64 256"; `scripts/install-deps bench`
# for what it and bench-failover compare with.
bench: all $(B)/floor $(B)/load
	tests/bench/run
# RUNS=30 MISSING=100000 PEER_RUNS=10
bench-failover: all $(B)/load $(WRITERS)
	tests/bench/failover
# SECONDS_EACH=3 RUNS=5 IDLE=5000 CROWD=5000: what TLS costs.
bench-tls: all $(B)/load $(B)/crowd $(B)/writer_evote
	tests/bench/tls
# RUNS=9 ASKERS="64 512": votes with and without what receipts need.
bench-receipts: all $(B)/load
	tests/bench/receipts
# RECORDS=1000000 SIGNED=40000 RUNS=5: how fast an audit is.
bench-audit: all $(B)/fill_ledger
	tests/bench/audit
# REVISIONS="HEAD~5 HEAD": where the processor's time goes, by perf.
bench-profile: all $(B)/load
	tests/bench/profile
# RECORDS=1000000 VOTERS=1000000 ELECTIONS=10000 OPEN=5000 RUNS=3
bench-scale: all $(B)/load $(B)/fill_ledger
	tests/bench/scale

# The figures of docs/REPORT.md anew; PARTS="crash silent ..." for some of them.
evaluate: all $(B)/voter_loop $(B)/ballot_box $(B)/nemesis_dump $(B)/sim
	scripts/install-deps run demo test report bench
	tests/evaluate/run $(PARTS)

prefix	?= /usr/local
bindir	?= $(prefix)/bin
sbindir	?= $(prefix)/sbin
mandir	?= $(prefix)/share/man
sysconfdir ?= /etc
unitdir	?= $(prefix)/lib/systemd/system
compdir	?= $(prefix)/share/bash-completion/completions
INSTALL	?= install

# What is configured already stays.
install: all
	$(INSTALL) -D -t $(DESTDIR)$(bindir) $(B)/evote_client
	$(INSTALL) -D -t $(DESTDIR)$(sbindir) $(B)/evote_server
	for page in docs/man/*; do \
	    $(INSTALL) -D -m 644 -t $(DESTDIR)$(mandir)/man$${page##*.} \
		$$page || exit; \
	done
	$(INSTALL) -D -m 644 dist/evote_client.bash \
	    $(DESTDIR)$(compdir)/evote_client
	$(INSTALL) -D -m 644 dist/evote_server.bash \
	    $(DESTDIR)$(compdir)/evote_server
	$(INSTALL) -d $(DESTDIR)$(unitdir)
	sed 's,@sbindir@,$(sbindir),' dist/evote-server.service.in \
	    >$(DESTDIR)$(unitdir)/evote-server.service
	test -e $(DESTDIR)$(sysconfdir)/evote/evote.conf || \
	    $(INSTALL) -D -m 644 dist/evote.conf \
		$(DESTDIR)$(sysconfdir)/evote/evote.conf

# build/deb/*.deb, from what is committed or not.
deb:
	scripts/install-deps build package
	scripts/make-deb $(B)/deb

report: $(B)/REPORT.pdf
$(B)/REPORT.pdf: docs/REPORT.md docs/report.css docs/figures.sed \
    $(wildcard docs/figures/*)
	scripts/install-deps report
	@mkdir -p $(B)/report/figures
	cp docs/REPORT.md docs/report.css $(B)/report
	for figure in docs/figures/*.svg; do \
	    sed -E -f docs/figures.sed $$figure \
		>$(B)/report/figures/$${figure##*/} || exit; \
	done
	cd $(B)/report && pandoc --from markdown --standalone --toc \
	    --toc-depth 2 --css report.css --pdf-engine weasyprint \
	    -o $(abspath $@) REPORT.md

clean:
	rm -rf $(B)

SCRIPTS	= $(shell grep -lrE '^.!/usr/bin/env bash|^. shellcheck shell=bash' \
	  .ci dist scripts tests --include='*' ; ls tests/*/*.bats)
SOURCES	= $(foreach top,common replica server client tests, \
	  $(wildcard $(top)/*.[ch] $(top)/*/*.[ch]))

.PHONY: all programs check lint sim fuzz model model-full soak nemesis strangers bench bench-audit bench-failover bench-profile bench-receipts bench-tls bench-scale \
	evaluate report install deb clean
.PRECIOUS: $(B)/%.o
-include $(wildcard $(B)/*/*.d $(B)/*/*/*.d)
