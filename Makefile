# evote: make, make check, make install.  Everything made is under build/.

B	?= build
CC	?= gcc
OPT	?= -O2 -g
SAN	?=
WARN	= -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -Wno-unused-parameter \
	  -Wshadow -Wstrict-prototypes -Wmissing-prototypes
INC	= -Icommon -Ireplica -Iserver -Iclient -I$(B)/gen
PKG	:= $(shell pkg-config --cflags libtirpc sqlite3 libcjson)
LIBS	:= $(shell pkg-config --libs libtirpc sqlite3 libcjson libcrypto) -lpthread
CFLAGS	+= $(OPT) $(SAN) $(EXTRA)

GEN	= xdr clnt
COMMON	= log seal merkle text record caller
REPLICA	= message session push reach wire address core core_status lead follow decide config \
	  history role clock
SERVER	= main conf loop transport portmap datadir ledger disk election auth \
	  service serve serve_admin serve_replica failpoint
CLIENT	= evote_client libevote hosts state say \
	  cmd_keygen cmd_election cmd_vote cmd_status cmd_roll cmd_admin

objs	= $(patsubst %,$(B)/%.o,$(1))
GENO	= $(call objs,$(GEN:%=gen/evote_%))
COMMONO	= $(call objs,$(COMMON:%=common/%))
REPLICAO = $(call objs,$(REPLICA:%=replica/%))
SERVERO	= $(call objs,$(SERVER:%=server/%)) $(B)/client/hosts.o
CLIENTO	= $(call objs,$(CLIENT:%=client/%))

all: $(B)/evote_server $(B)/evote_client

$(B)/evote_server: $(SERVERO) $(REPLICAO) $(COMMONO) $(GENO) \
	$(B)/gen/evote_svc.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/evote_client: $(CLIENTO) $(COMMONO) $(GENO)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# The protocol core and the election in one process, see tests/sim/sim.c.
SIM	= core core_status lead follow decide config history role clock message
$(B)/sim: $(B)/tests/sim/sim.o $(call objs,$(SIM:%=replica/%)) \
	$(B)/server/election.o $(COMMONO) $(GENO)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(sort $^) $(LIBS)

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

clean:
	rm -rf $(B)

.PHONY: all clean
.SECONDARY:
-include $(wildcard $(B)/*/*.d $(B)/*/*/*.d)
