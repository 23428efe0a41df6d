/** Brings a file of profiles or memberships in, and says what became of its lines. Which of both is part of the address. */

import { Alert, Button, FileInput, Group, Progress, Radio, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { useSession } from '../session.js';
import { HelpText } from '../ui/help-text.js';
import { withParameter } from '../ui/page.js';
import { RefusalAlert } from '../ui/refusal-alert.js';
import { ViewFrame } from '../ui/view-frame.js';
import { formatBytes } from '../ui/words.js';
import { type IngestKind, type IngestReport, UploadError, uploadFile } from './ingest-upload.js';
import { UploadReport } from './upload-report.js';

const PERCENT = 100;

/** The view. */
export function UploadView() {
  const [file, setFile] = useState<File | null>(null);
  const [kind, setKind] = useKind();
  const upload = useUpload();
  return (
    <ViewFrame title="Upload" above={[{ href: '/profiles', label: 'Profiles' }]}>
      <Stack maw={720}>
        <KindChoice kind={kind} onChange={setKind} />
        <FileInput
          label="File"
          description="NDJSON: one JSON object a line, in UTF-8, of any length."
          placeholder="Choose a file"
          accept=".ndjson,.jsonl,.json,.txt"
          value={file}
          onChange={setFile}
          clearable
          clearButtonProps={{ 'aria-label': 'Choose no file' }}
        />
        <Group>
          <Button onClick={() => file && void upload.send(file, kind)} disabled={!file || upload.isSending}>
            Upload {file ? formatBytes(file.size) : ''}
          </Button>
          {upload.isSending && (
            <Button variant="default" onClick={upload.cancel}>
              Cancel
            </Button>
          )}
        </Group>
        {upload.isSending && <SendingBar share={upload.share} />}
        <RefusalAlert message={upload.fault ?? undefined} />
        {upload.report && <UploadReport report={upload.report} />}
      </Stack>
    </ViewFrame>
  );
}

function useKind(): [IngestKind, (kind: IngestKind) => void] {
  const [parameters, setParameters] = useSearchParams();
  const kind = parameters.get('kind') === 'memberships' ? 'memberships' : 'profiles';
  const setKind = (next: IngestKind) =>
    setParameters((present) => withParameter(present, 'kind', next === 'profiles' ? null : next), { replace: true });
  return [kind, setKind];
}

function KindChoice({ kind, onChange }: { kind: IngestKind; onChange: (kind: IngestKind) => void }) {
  const isProfiles = kind === 'profiles';
  return (
    <>
      <Radio.Group
        label="What each line is"
        value={kind}
        onChange={(value) => onChange(value === 'profiles' ? value : 'memberships')}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="profiles" label="A profile" description="Made, or changed if it is there already." />
          <Radio value="memberships" label="A membership" description="Of a profile that is there already." />
        </Stack>
      </Radio.Group>
      <Alert variant="outline" title="A line looks like this">
        <HelpText text={isProfiles ? PROFILE_EXAMPLE : MEMBERSHIP_EXAMPLE} />
      </Alert>
    </>
  );
}

const PROFILE_EXAMPLE =
  '`{"profileId": "p-1", "attributes": {"tier": 2}, "memberships": [{"segmentId": "vip", "status": "realized"}]}` Segments have to be there first.';
const MEMBERSHIP_EXAMPLE = '`{"profileId": "p-1", "segmentId": "vip", "status": "exited"}`';

function SendingBar({ share }: { share: number }) {
  const percent = Math.floor(share * PERCENT);
  return (
    <div>
      <Progress value={percent} aria-label="Sent" />
      <Text size="sm" role="status">
        {percent < PERCENT ? `${percent} % sent` : 'All sent; the last lines are being written.'}
      </Text>
    </div>
  );
}

function useUpload() {
  const { apiKey } = useSession();
  const [share, setShare] = useState(0);
  const [running, setRunning] = useState<AbortController | null>(null);
  const [report, setReport] = useState<IngestReport | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const send = async (file: File, kind: IngestKind) => {
    const controller = new AbortController();
    setRunning(controller);
    setShare(0);
    setReport(null);
    setFault(null);
    try {
      setReport(
        await uploadFile({ file, kind, apiKey: apiKey ?? '', signal: controller.signal, onProgress: setShare }),
      );
    } catch (error) {
      if (!(error instanceof UploadError)) throw error;
      setFault(error.message);
    } finally {
      setRunning(null);
    }
  };
  return { share, report, fault, isSending: running !== null, send, cancel: () => running?.abort() };
}
