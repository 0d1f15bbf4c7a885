import type { Control } from "./control.ts";
import { shownConvoy, selectedId } from "./store/rows.ts";
import { focusedPanel } from "./store/state.ts";

/** What can be done with the selected bead, convoy or merge request: each is one command, run or left to be finished. */
export const workActions = {
  showBead: (control: Control) => withId(control, (id) => void control.showOutput("bd", ["show", id])),
  createBead: (control: Control) => {
    const [rig] = control.store.snapshot().town.rigs;
    control.compose(`bd create ${rig === undefined ? "" : `--prefix ${rig} `}"`);
  },
  editBead: (control: Control) => withId(control, (id) => control.compose(`bd update ${id} --`)),
  slingBead: (control: Control) => withId(control, (id) => control.compose(`gt sling ${id} `)),
  bundleBead: (control: Control) => {
    const { town } = control.store.snapshot();
    const open = town.convoys.find(({ status }) => status !== "closed");
    withId(control, (id) =>
      control.compose(open === undefined ? `gt convoy create "" ${id}` : `gt convoy add ${open.id} ${id}`),
    );
  },
  closeBead: (control: Control) => withId(control, (id) => control.compose(`bd close ${id} --reason `)),
  launchConvoy: (control: Control) =>
    withConvoy(control, (id, title) =>
      control.confirm(`Launch ${title}?`, ["What is ready in it is given out."], ["convoy", "launch", id]),
    ),
  pauseConvoy: (control: Control) =>
    withConvoy(control, (id, title) =>
      control.confirm(
        `Pause ${title}?`,
        ["Nothing more of it is given out; running agents finish."],
        ["mountain", "pause", id],
      ),
    ),
  addToConvoy: (control: Control) => withConvoy(control, (id) => control.compose(`gt convoy add ${id} `)),
  retryMerge: (control: Control) => withId(control, (id) => void control.gt(["mq", "retry", id])),
  rejectMerge: (control: Control) => withId(control, (id) => control.compose(`gt mq reject ${id} --reason `)),
  rankMerge: (control: Control) => withId(control, (id) => control.compose(`bd update ${id} --priority `)),
  showGates: (control: Control) => withId(control, (id) => void control.showOutput("gt", ["mq", "log", id])),
} as const;

/** Id of the bead or merge request that the selected row stands for. */
function withId(control: Control, then: (id: string) => void): void {
  const state = control.store.snapshot();
  const panel = focusedPanel(state);
  const id = panel === undefined ? undefined : selectedId(state, panel);
  if (id === undefined) control.toast("news", "nothing is selected");
  else then(id);
}

function withConvoy(control: Control, then: (id: string, title: string) => void): void {
  const convoy = shownConvoy(control.store.snapshot());
  if (convoy === undefined) control.toast("news", "there is no convoy");
  else then(convoy.id, convoy.title);
}
